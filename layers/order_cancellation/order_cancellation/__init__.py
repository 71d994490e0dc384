"""Order cancellation for a fulfilment network: the rules, and the one place that talks to DynamoDB.

orders      what an order is, when it may be cancelled, how fulfillment centers move it forward
reasons     the catalogue of cancellation reasons
cancelling  the cancel: ask, one conditional write, a definite answer
marketplace the seller's to-do in the marketplace, and where the two differ
answers     the sentences and documents that callers read
safe_reply  the sentence that support can send to the buyer
requests    bodies and headers that callers send, checked
errors      every way to refuse, and its HTTP status
store       tables and expressions
cursors     places in paged lists
api         HTTP in, HTTP out: identity, error mapping, headers
"""
