"""The whole pipeline under one seeded scheduler that owns time, order and faults.

The product's own code runs against the sandbox clouds and a table storage in memory, one seed one
run. `python -m simulation --help` says how to run many and how to replay one.
"""
