"""The product's own rules. Pure: no I/O, no clock, no randomness, no log.

Times are milliseconds since the epoch, uuids are lower-case strings with dashes.
"""
