"""Simulations: the real functions under AWS's rules, on virtual time, from a seed; nothing sleeps, nothing listens.

stream, event_source_mapping    DynamoDB's stream, and how Lambda delivers it: mapping_properties (from template.yaml),
                                event_pattern (FilterCriteria), partial_batch_response, failure_queue, invocation_faults
memory_tables                   DynamoDB's items: sorted_items, attribute_values, expressions (conditions, updates)
postman                         SES: accepts, refuses, publishes events
clients, service_errors         boto3's clients and exceptions in front of them
wire, processes                 every AWS call numbered, and what goes wrong with it
world                           all of this on one clock, with schedules and asynchronous invocations
crash_plans                     every fault at every call, every pair, many at random
"""
