"""The long proofs: `make verify` runs them, prints the scoreboard and writes docs/verification.md.

Each proof is a line of the scoreboard, and has a planted bug that it must catch:

race_harness, http_races, fault_proxy                                            on the local cloud
histories, exhaustive_search, state_machine, faults, mails, late_events, mutation  on the real handlers, in process

run             which proofs there are, how much each does, one of them by its name
order_model     what one order may do, written down a second time
linearizability what callers asked and were told, and whether one order can have behaved like that
interleaving    several calls at once, one DynamoDB call at a time, in an order that a seed decides
system_model    the whole service by its steps, for the exhaustive search
stepper         processes that go on one request at a time, as a model says
mutants         small changes to the code that decides, made by program; mutant_runner runs the tests on each
scoreboard      the report of a proof, and the table; documents, the page in docs/
"""
