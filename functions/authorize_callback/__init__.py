"""Out to Webex and Microsoft and back: sign-in, credentials, consent, hand-over.

Promise: nothing that comes back is trusted until it was proven, and nobody else gets in.
"""
