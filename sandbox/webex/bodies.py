"""What a request says, checked: JSON objects, required fields and their types."""

from __future__ import annotations

from typing import Any

from sandbox.kit import Request
from sandbox.webex.core import Core
from sandbox.webex.errors import BadRequest, NotFound
from sandbox.webex.ids import key_of
from sandbox.webex.state import Person

Body = dict[str, Any]


def body_of(request: Request) -> Body:
    try:
        body = request.json()
    except ValueError as wrong:
        raise BadRequest("The body is not valid JSON.") from wrong
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")
    return body


def text(body: Body, name: str) -> str:
    """A required string that is not empty."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadRequest(f"{name} is required and must be a string.")
    return value


def optional_text(body: Body, name: str, default: str = "") -> str:
    value = body.get(name, default)
    if value is None:
        return default
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be a string.")
    return value


def flag(body: Body, name: str, default: bool | None = None) -> bool:
    """A JSON boolean; required when there is no default."""
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise BadRequest(f"{name} is required and must be a boolean.")
    return value


def person_in(core: Core, body: Body) -> Person:
    """The person named by personId or personEmail; exactly one of them is to be given."""
    person_id, email = body.get("personId"), body.get("personEmail")
    if (person_id is None) == (email is None):
        raise BadRequest("Exactly one of personId and personEmail is required.")
    found = person_named(core, person_id, email)
    if not found:
        raise NotFound("Failed to find the person.")
    return found


def person_named(core: Core, person_id: object, email: object) -> Person | None:
    if person_id is not None:
        person = core.world.people.get(key_of(person_id, "PEOPLE"))
    else:
        person = core.world.by_email.get(str(email).lower())
    return person if person and person.account_status != "deleted" else None
