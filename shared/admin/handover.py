"""Hand-over links: one step of the set-up, for somebody who cannot sign in as an administrator.

A link holds an unguessable token; its row is kept by the token's hash. It is redeemed once, within
seven days, and only the newest link of a step is good, so that asking again takes the older back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from shared.admin.ports import Actor, Office, Once, OnceRow
from shared.core.reasons import Refusal
from shared.core.times import DAY, HOUR
from shared.ports import Conflict

STEPS = ("spaces", "people", "folders", "microsoft")
LINK_LASTS = 7 * DAY
# How long whoever redeemed a link may take.
USE_LASTS = HOUR
# A dead link's row stays, so that whoever holds the link is told why it is dead.
_REMEMBERED = 30 * DAY
_RACES = 20
_PREFIX = "handover-"


@dataclass(frozen=True)
class Handover:
    """One link. digest: of its token, and the row's key. asked_by: name and e-mail address. Times
    in milliseconds, 0 for never."""

    digest: str
    step: str
    asked_by: str
    asked_at: int
    until: int
    redeemed: int = 0
    done: int = 0


def make(office: Office, actor: Actor, step: str, digest: str) -> Handover:
    """A new link; the step's older one is worth nothing from now on. Raises Refusal(bad_form)."""
    if step not in STEPS:
        raise Refusal("bad_form")
    now = office.now()
    link = Handover(digest, step, actor.called, now, now + LINK_LASTS)
    _write(office.once, None, link)
    _point(office.once, link)
    office.record(actor, "handover", after=step)
    return link


def look(once: Once, digest: str, now: int) -> Handover:
    """A link that may still be redeemed. Changes nothing.

    Raises Refusal: handover_unknown, handover_replaced, handover_used, handover_late.
    """
    return _alive(once, once.read(_key(digest)), digest, now)


def redeem(office: Office, digest: str) -> Handover:
    """Use the link up. Raises what `look` raises, also for the slower of two."""
    row = office.once.read(_key(digest))
    link = _alive(office.once, row, digest, office.now())
    try:
        redeemed = _write(office.once, row, replace(link, redeemed=office.now()))
    except Conflict as error:
        raise Refusal("handover_used") from error
    office.services.log("hand-over link redeemed", step=link.step)
    return redeemed


def in_use(once: Once, digest: str, now: int) -> Handover | None:
    """The link that somebody redeemed within the hour and has not finished with."""
    row = once.read(_key(digest))
    link = _read(row, digest) if row else None
    if link is None or not link.redeemed or link.done:
        return None
    if now >= link.redeemed + USE_LASTS or not _is_newest(once, link):
        return None
    return link


def finish(office: Office, link: Handover) -> None:
    """What it was for is done. May be called twice."""
    row = office.once.read(_key(link.digest))
    if row is None:
        return
    try:
        _write(office.once, row, replace(link, done=office.now()))
    except Conflict:
        # Finished at the same moment, or swept.
        return


def withdraw_all(once: Once) -> None:
    """No link is good any more. May be called twice."""
    once.remove_all(_PREFIX)


def newest(once: Once, step: str, now: int) -> Handover | None:
    """The step's link that is open or in use, for an administrator to see."""
    row = once.read(_pointer(step))
    digest = str(row.state.get("digest", "")) if row else ""
    kept = once.read(_key(digest)) if digest else None
    link = _read(kept, digest) if kept else None
    if link is None or link.done or (now >= link.until and not link.redeemed):
        return None
    return link if not link.redeemed or now < link.redeemed + USE_LASTS else None


def _alive(once: Once, row: OnceRow | None, digest: str, now: int) -> Handover:
    if row is None:
        raise Refusal("handover_unknown")
    link = _read(row, digest)
    if not _is_newest(once, link):
        raise Refusal("handover_replaced")
    if link.redeemed:
        raise Refusal("handover_used")
    if now >= link.until:
        raise Refusal("handover_late")
    return link


def _is_newest(once: Once, link: Handover) -> bool:
    pointer = once.read(_pointer(link.step))
    return pointer is not None and pointer.state.get("digest") == link.digest


def _point(once: Once, link: Handover) -> None:
    for _ in range(_RACES):
        row = once.read(_pointer(link.step))
        try:
            state = {"digest": link.digest}
            return once.write(_pointer(link.step), row, state, link.until + _REMEMBERED)
        except Conflict:
            continue
    raise Conflict("hand-over links are contended")


def _write(once: Once, before: OnceRow | None, link: Handover) -> Handover:
    state = {name: value for name, value in asdict(link).items() if name != "digest"}
    once.write(_key(link.digest), before, state, link.until + _REMEMBERED)
    return link


def _read(row: OnceRow, digest: str) -> Handover:
    return Handover(
        digest,
        str(row.state.get("step", "")),
        str(row.state.get("asked_by", "")),
        _number(row.state, "asked_at"),
        _number(row.state, "until"),
        _number(row.state, "redeemed"),
        _number(row.state, "done"),
    )


def _number(state: Mapping[str, object], name: str) -> int:
    value = state.get(name)
    return value if isinstance(value, int) else 0


def _key(digest: str) -> str:
    return f"{_PREFIX}{digest}"


def _pointer(step: str) -> str:
    return f"{_PREFIX}newest-{step}"
