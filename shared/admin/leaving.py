"""Leaving: an organization ends with the app, and its groups stay in Microsoft 365 as they are.

Off holds at once, and the directory's audit stops. Then, by the timer and bit by bit: the webhook
is taken away while there still is a sign-in that may, the sign-ins are forgotten, and where the
groups are released, so is everything that is kept of teams and people. Dying anywhere leaves a row
that says how far it got.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace

from shared.admin import auditing, connection, credentials, handover, waiting, webhooks
from shared.admin.ports import Actor, Office
from shared.admin.registering import Endpoint
from shared.admin.webhooks import Standing
from shared.audit import cursor
from shared.core import times
from shared.core.capabilities import CAPABILITIES
from shared.core.ids import PersonId
from shared.core.reasons import Refusal
from shared.ports import Conflict, Kept, Services
from shared.sync import switch
from shared.sync.pacing import Later

ROW = "leaving"
# So long the sign-ins are kept for a webhook that a silent Webex does not let go.
PATIENCE = times.DAY
# What a look or the directory's audit has begun when it is told to stop has ended by then, and been
# written down.
REST = max(2 * times.MINUTE, cursor.LEASE)


@dataclass(frozen=True)
class Leaving:
    """The row. release: what is kept of groups is to be forgotten as well. person, name, email: of
    whoever asked. asked, forgotten (the sign-ins), done: milliseconds, 0 for not yet. stopped: when
    an audit of the directory was last found under way. removed: rows so far."""

    release: bool = False
    asked: int = 0
    person: str = ""
    name: str = ""
    email: str = ""
    forgotten: int = 0
    stopped: int = 0
    removed: int = 0
    done: int = 0

    @property
    def actor(self) -> Actor:
        return Actor(PersonId(self.person), self.name, self.email)


def known(services: Services) -> Leaving | None:
    """None where nobody ever asked for it."""
    kept = services.organizations.kept(ROW)
    return _leaving(kept) if kept else None


def under_way(services: Services) -> bool:
    found = known(services)
    return found is not None and not found.done


def leave(office: Office, actor: Actor, *, release: bool) -> None:
    """Off at once, and everything else as far as it goes now; the timer does what is left.

    Raises Refusal("leaving"): it is under way already. Raises nothing that a provider did.
    """
    kept = office.services.organizations.kept(ROW)
    if kept and not _leaving(kept).done:
        raise Refusal("leaving")
    asked = Leaving(release, office.now(), actor.person, actor.name, actor.email)
    office.services.organizations.keep(ROW, kept, asdict(asked))
    office.record(actor, "leave", after="released" if release else "kept")
    office.services.log("leaving", release=release)
    try:
        go_on(office, office.now(), patient=True)
    except Conflict as lost:
        office.services.log("leaving later", why=str(lost))


def go_on(office: Office, deadline: int, *, patient: bool = False) -> None:
    """Whatever is to be done next, until then. deadline: milliseconds. Nothing happens where nobody
    is leaving. patient: somebody waits for it. Raises Conflict; may be called again."""
    services = office.services
    kept = services.organizations.kept(ROW)
    if kept is None or (leaving := _leaving(kept)).done:
        return
    # Also where somebody turned it on at the same moment: leaving was asked for.
    if services.organizations.settings().on and switch.turn_off(services):
        office.record(leaving.actor, "switch", "on", "off")
    if auditing.stop(office, leaving.actor):
        leaving = _keep(office, replace(leaving, stopped=office.now()))
    if not leaving.forgotten:
        if not _is_webhook_settled(office, leaving, patient=patient):
            return
        _forget_sign_ins(office, leaving.actor)
        leaving = _keep(office, replace(leaving, forgotten=office.now()))
    if leaving.release:
        # Without sign-ins no audit begins, nor goes on.
        if office.now() < max(leaving.forgotten, leaving.stopped) + REST:
            return
        leaving, ended = _remove(office, leaving, deadline)
        if not ended:
            return
        connection.disconnect(office, leaving.actor)
    _keep(office, replace(leaving, done=office.now()))
    services.log("left", release=leaving.release, rows=leaving.removed)


def _is_webhook_settled(office: Office, leaving: Leaving, *, patient: bool) -> bool:
    """It is gone, or no sign-in of ours can take it away."""
    endpoint = Endpoint(office.settings.public_url, office.settings.keyring)
    try:
        webhook = webhooks.tend(office.services, endpoint, patient=patient)
    except Later:
        webhook = webhooks.known(office.services)
    if webhook is None or webhook.standing is Standing.GONE:
        return True
    hopeless = webhook.standing is Standing.LEFT and webhook.why != webhooks.SILENT
    return hopeless or office.now() >= leaving.asked + PATIENCE


def _forget_sign_ins(office: Office, actor: Actor) -> None:
    for capability in CAPABILITIES:
        credentials.forget(office, actor, capability)
        credentials.forget_pending(office, actor, capability)
    waiting.forget(office, actor)
    handover.withdraw_all(office.once)


def _remove(office: Office, leaving: Leaving, deadline: int) -> tuple[Leaving, bool]:
    """Whether nothing is left. At least one piece a run, however little time there is."""
    while removed := office.remains.remove_some():
        leaving = replace(leaving, removed=leaving.removed + removed)
        if office.now() >= deadline:
            return _keep(office, leaving), False
    return leaving, True


def _keep(office: Office, leaving: Leaving) -> Leaving:
    organizations = office.services.organizations
    organizations.keep(ROW, organizations.kept(ROW), asdict(leaving))
    return leaving


def _leaving(kept: Kept) -> Leaving:
    """What another version added is passed over."""
    names = {field.name for field in fields(Leaving)}
    return Leaving(**{k: v for k, v in kept.state.items() if k in names})  # type: ignore[arg-type]
