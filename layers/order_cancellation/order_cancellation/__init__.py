"""Order cancellation for a fulfillment network.

The rooms, from the ground up. A module imports from its own room and from those below it (``make lint`` checks that).

    domain    what is true without AWS: orders, cancellations, reasons, marketplaces, sellers, summaries, refusals
    tables    the only DynamoDB
    actions   one verb a file: values in, values out, refusals raised
    http      requests in, documents and problems out
    mail      summaries: composed, delivered, and what SES says became of them

http and mail never meet. Beside the domain, for all of them: ``settings``, the template's variables,
``observability``, logs and metrics, and ``aws``, its clients.
"""

import gc
import os

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    gc.disable()  # nothing that a start makes is garbage; observability.entry_point ends this
