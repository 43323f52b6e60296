"""The worker, and the dead letters of the queue.

Promise: whatever happens to a nudge, the team it is about is looked at, or stands in the table as
due, or as a dead letter that an administrator sees.
"""
