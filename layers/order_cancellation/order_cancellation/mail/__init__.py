"""Summaries: composed, delivered, and what SES says became of them."""
