"""Simulations: the real functions under AWS's rules, on virtual time, from a seed; nothing sleeps, nothing listens.

stream, event_source_mapping    DynamoDB's stream, and how Lambda delivers it: mapping_properties (from template.yaml),
                                partial_batch_response, failure_queue, invocation_faults
clients                         boto3's clients, made quick: a scenario makes hundreds of thousands of calls
calls, processes                every AWS call numbered, and what goes wrong with it
world                           all of this on one clock, with schedules and asynchronous invocations; tables and SES
                                are those of tests/support, which every test in process shares
crash_plans                     every fault at every call, every pair, many at random
"""
