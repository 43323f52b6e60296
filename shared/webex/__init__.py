"""Webex: `protocol` knows the API without calling it, `client` calls it."""
