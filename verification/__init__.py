"""The long proofs: `make verify` runs them, prints the scoreboard and writes docs/verification.md.

lines           one module per line of the scoreboard; each has a planted bug that it must catch
run             which lines there are, how much each does, one of them by its name
tables          the template's tables in memory, atomic
wire            the real SDK clients on them, with faults
network         the real handlers on those, and what may be asked of them
interleaving    several calls at once, one DynamoDB call at a time, in an order that a seed decides
stepper         processes that go on one request at a time, as a model says
order_model     what one order may do, written down a second time
system_model    the whole service by its steps, for the exhaustive search
history         what callers asked and were told; the linearizability checker
mutants         small changes to the code that decides, made by program; mutant_runner runs the tests on each
scoreboard      the report of a line, and the table; documents, the pages in docs/
"""
