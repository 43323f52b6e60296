"""Refusals, each with the status that Webex gives it."""

from __future__ import annotations

MESSAGES = {
    400: "The request was invalid or cannot be otherwise served.",
    401: "The request requires a valid access token set in the Authorization request header.",
    403: "The access token is missing required scopes or the user is missing required roles "
    "or licenses.",
    404: "The requested resource could not be found.",
    405: "The request method is not supported for this resource.",
    409: "The request could not be processed because it conflicts with some established rule.",
    429: "Too many requests have been sent in a given amount of time and the request has been "
    "rate limited.",
    500: "Something went wrong on the server.",
    502: "The server received an invalid response from an upstream server.",
    503: "Server is overloaded with requests. Try again later.",
    504: "An upstream server failed to respond on time.",
}


class Refused(Exception):
    """A call that Webex turns down: nothing has changed.

    The Python methods of the cloud raise it too, so that no test builds an impossible world.
    """

    status = 400

    def __init__(self, message: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(message or MESSAGES[self.status])
        self.headers = headers or {}


class BadRequest(Refused):
    status = 400


class Unauthorized(Refused):
    status = 401


class Forbidden(Refused):
    status = 403


class NotFound(Refused):
    status = 404


class Conflict(Refused):
    status = 409


class TooMany(Refused):
    status = 429
