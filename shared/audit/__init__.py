"""The directory's audit: everybody in Webex's directory set against everybody in Entra.

`run.py` is the way round. See docs/decisions/0021-the-audit.md.
"""
