"""The switch and everything under it.

Promise: what it says is what is; every change is in the audit.
"""
