"""The timers: which teams are due and what happened in Webex and Microsoft 365; and the chores.

Promise: nothing that was wanted is forgotten, whatever was lost on the way.
"""
