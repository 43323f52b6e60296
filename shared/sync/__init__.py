"""The use case: load, observe, plan, apply, record, one team at a time.

`worker` takes a nudge, `look` is one pass, `switch` turns an organization on and off.
"""
