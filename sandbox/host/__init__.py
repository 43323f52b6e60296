"""A functions host: runs an app of Azure Functions for real, on one machine.

It does what Microsoft's host does between the outside world and the Python worker, as far as this
product needs it: HTTP, storage queues and timers, in and out. The bindings are converted by
azure.functions' own converters. Not here: keys and `auth_level`, retry policies, blob and table
bindings, the 230 s limit.
"""
