"""The long proofs: `make verify` runs them, prints the scoreboard and writes docs/verification.md.

lines           one module per line of the scoreboard; each has a planted bug that it must catch
expressions     DynamoDB's expressions
tables          the template's tables in memory, atomic
wire            the real SDK clients on them, with faults
network         the real handlers on those, and what may be asked of them
interleaving    several calls at once, one DynamoDB call at a time, in an order that a seed decides
order_model     what one order may do, written down a second time
history         what callers asked and were told; the linearizability checker
scoreboard      the report of a line, the table, the documents
"""
