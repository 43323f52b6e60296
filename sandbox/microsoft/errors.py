"""Graph's refusals, word for word: the product tells them apart by code and message.

Sources: the pages "Microsoft Graph error responses", "Add members", "Remove owner", "Update
group", and recorded answers in public issues.
"""

from __future__ import annotations

from typing import Any

from sandbox.kit import Response

DENIED = "Insufficient privileges to complete the operation."
EMPTY_BIND = (
    "The value of 'odata.bind' property annotation is an empty array. The 'odata.bind' property "
    "annotation must have a non-empty array as its value."
)
LAST_OWNER = "The group must have at least one owner, hence this owner cannot be removed."
PROVISIONING = "Resource provisioning is in progress. Please try again."
TOO_MANY_LINKS = "A resource cannot contain more than 20 link changes."
CONCURRENT = (
    "Error due to concurrent requests being made to the tenant. Please wait briefly and retry."
)
GUESTS_REFUSED = (
    "Guests users are not allowed to join this Unified Group due to policy setting. "
    "paramName: {property}, paramValue: , objectType: Microsoft.Online.DirectoryServices.Group"
)
UNREADABLE = (
    "Unable to read JSON request payload. Please ensure Content-Type header is set and payload "
    "is of valid JSON format."
)


class GraphError(Exception):
    """Ends a call with an error answer. Raised before anything has changed."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = headers or {}

    def response(self) -> Response:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = self.details
        return Response(self.status, {"error": error}, dict(self.headers))


def bad_request(message: str, *, details: list[dict[str, str]] | None = None) -> GraphError:
    return GraphError(400, "Request_BadRequest", message, details=details)


def malformed(message: str) -> GraphError:
    """What the OData layer refuses before the directory sees it."""
    return GraphError(400, "BadRequest", message)


def unauthorized(message: str) -> GraphError:
    return GraphError(401, "InvalidAuthenticationToken", message)


def denied(message: str = DENIED) -> GraphError:
    return GraphError(403, "Authorization_RequestDenied", message)


def missing(key: str) -> GraphError:
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{key}' does not exist or one of its queried reference-property objects "
        "are not present.",
    )


def not_replicated(*, spelled_out: bool) -> GraphError:
    verb = "do not" if spelled_out else "don't"
    return bad_request(
        f"The source resource object or one of the objects being referenced {verb} exist."
    )


def already_there(kind: str) -> GraphError:
    return bad_request(
        "One or more added object references already exist for the following modified "
        f"properties: '{kind}'."
    )


def absent(kind: str, named: str, status: int) -> GraphError:
    if status == 404:
        return missing(named)
    return bad_request(
        "One or more removed object references do not exist for the following modified "
        f"properties: '{kind}'."
    )


def gone(base_url: str) -> GraphError:
    """Start again: the address to do it at has no token."""
    start = f"{base_url}/v1.0/groups/delta?$deltatoken="
    return GraphError(410, "Gone", "", headers={"Location": start})


def sync_state_not_found() -> GraphError:
    return GraphError(
        400,
        "syncStateNotFound",
        "The sync state generation is not found. The delta token is expired and data must be "
        "synchronized again.",
    )


def value_missing(name: str) -> GraphError:
    return bad_request(
        f"A value is required for property '{name}' of resource 'Group'.",
        details=[{"target": name, "code": "MissingValue"}],
    )


def invalid_value(name: str, code: str = "InvalidValue") -> GraphError:
    return bad_request(
        f"Invalid value specified for property '{name}' of resource 'Group'.",
        details=[{"target": name, "code": code}],
    )


def conflict(name: str) -> GraphError:
    return bad_request(
        f"Another object with the same value for property {name} already exists.",
        details=[
            {
                "code": "ObjectConflict",
                "message": f"Another object with the same value for property {name} "
                "already exists.",
                "target": name,
            }
        ],
    )
