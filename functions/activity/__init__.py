"""Every team with its state in words, failures with remedy and Retry.

Promise: it reads our state only, and hides nothing that needs a person.
"""
