"""Order cancellation for a fulfilment network.

The rules, which know no network and no clock:
    orders       what an order is, when it may be cancelled, how fulfillment centers move it forward
    reasons      the catalogue of cancellation reasons
    summaries    when an auto-cancellation is told to its seller, and what a summary is
    errors       every way to refuse, and its HTTP status

What is done:
    cancelling   the cancel: ask, one conditional write, a definite answer
    batch        many cancels in one request
    placing      an order comes in, once under its id
    progress     a fulfillment center's event, never over a cancellation
    marketplace  the seller's to-do in the marketplace, and where the two differ
    mailroom     from due orders to a mail that is known to be sent
    feedback     what SES says became of it

What goes in and out:
    requests     bodies and headers that callers send, checked
    answers      the sentences and documents that callers read; safe_reply, the one for a buyer
    api          HTTP in, HTTP out: identity, error mapping, headers; cursors, places in paged lists
    store        the Orders, Sellers and FulfillmentCenters tables; ledger, the mail's
    mail         the mail itself; postage hands it to SES; outbox furnishes the functions that do
    settings, observability, times
"""
