"""A timer: the audit, and how every connected team stands, to a store of the security team's.

Promise: every day that is over gets there, in order, once; whatever fails is tried again.
"""
