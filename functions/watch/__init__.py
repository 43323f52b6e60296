"""One timer that does all watching: which teams are due, and what happened in Webex.

Promise: nothing that was wanted is forgotten, whatever was lost on the way.
"""
