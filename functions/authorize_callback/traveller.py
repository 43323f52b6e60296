"""Who set out to a provider, and whether the same one came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.core.reasons import Refusal
from shared.web.entry import Desk, Lobby
from shared.web.flow import Flow, digest
from shared.web.handover import Errand, needed
from shared.web.visit import Visit

if TYPE_CHECKING:
    from shared.admin.ports import Actor, Office


@dataclass(frozen=True)
class Traveller:
    """key: what the flow remembers, the same on the way out and back.

    Either a signed-in administrator, `actor`, or somebody on an `errand`.
    """

    key: str
    office: Office
    actor: Actor | None = None
    errand: Errand | None = None


def at_desk(desk: Desk) -> Traveller:
    return Traveller(f"session:{digest(desk.session.id)}", desk.office, actor=desk.actor)


def on_errand(errand: Errand) -> Traveller:
    return Traveller(f"handover:{errand.link.digest}", errand.office, errand=errand)


def returned(lobby: Lobby, visit: Visit, desk: Desk | None, flow: Flow, step: str) -> Traveller:
    """Whoever set out with this flow. A browser may hold a session and an errand at once.

    Raises Refusal: session_changed, handover_over.
    """
    left = flow.facts.get("by", "")
    if left.startswith("session:"):
        if desk is None or at_desk(desk).key != left:
            raise Refusal("session_changed")
        return at_desk(desk)
    errand = needed(lobby, visit)
    if on_errand(errand).key != left or errand.step != step:
        raise Refusal("handover_over", "another errand")
    return on_errand(errand)
