"""One verb a file: values in, values out, refusals raised."""
