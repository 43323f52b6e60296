"""A small browser without a screen: it keeps cookies, follows redirects and sends forms.

The demo plays the administrator's pages with it over HTTP, the tests within one process.
"""
