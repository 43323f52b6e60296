"""A page to play a Webex user on, with what becomes of it in Microsoft 365 beside it."""
