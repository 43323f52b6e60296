"""The queue message: look at what this space belongs to. It carries no instruction.

Doubles, reordering and loss are therefore harmless; `watch` repairs the last.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from shared.core.ids import OrgId, parse_uuid

QUEUE = "nudges"
MAX_SPACE = 512


class Unreadable(ValueError):
    """The message is no nudge of ours."""


@dataclass(frozen=True)
class Nudge:
    """organization: bare uuid; space: full Webex id of a space; cause: webhook, event, due…
    correlation: in every log line of what it leads to; "" in messages of the version before.
    """

    organization: OrgId
    space: str
    cause: str
    correlation: str = ""

    @property
    def is_change(self) -> bool:
        """Something happened out there; otherwise it is only that the time has come."""
        return self.cause != "due"


def write(nudge: Nudge) -> str:
    return json.dumps(asdict(nudge))


def read(text: str) -> Nudge:
    """Unknown keys are ignored, so that a newer writer does not poison an older reader."""
    try:
        raw: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable("not JSON") from error
    if not isinstance(raw, dict):
        raise Unreadable("not an object")
    organization = parse_uuid(raw.get("organization"))
    space, cause, correlation = raw.get("space"), raw.get("cause"), raw.get("correlation")
    if organization is None or not isinstance(space, str) or not 0 < len(space) <= MAX_SPACE:
        raise Unreadable("organization or space is missing")
    return Nudge(
        OrgId(organization),
        space,
        cause if isinstance(cause, str) else "due",
        correlation[:64] if isinstance(correlation, str) else "",
    )
