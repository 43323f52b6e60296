"""A whole world on one machine: Webex, Microsoft 365 and the functions host.

The clouds are stateful and strict. Tests use them in-process, `./dev run` over HTTP; it is one
implementation. Nothing here is deployed.
"""
