"""Webex says: a space was created or changed.

Promise: a genuine delivery is on the queue before it is answered; anything else is refused, and
causes neither a write nor a call.
"""
