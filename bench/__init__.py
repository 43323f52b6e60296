"""Our numbers beside a peer's, measured in one run: `./dev bench`.

Ratios and counts are what is worth reading; milliseconds belong to the machine they came from.
"""
