"""Signing in, staying signed in, signing out. See web.session for what is kept where.

Sources: OWASP ASVS 5.0 chapter 7; https://developer.webex.com/docs/api/v1/people/get-my-own-details.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shared.core import times
from shared.core.errors import CredentialMissing, Forbidden, Refused, Transient
from shared.core.ids import OrgId, PersonId
from shared.core.reasons import Refusal
from shared.ports import Conflict
from shared.web.answers import Cookie
from shared.web.flow import digest, new_secret
from shared.web.sealed import Broken
from shared.web.session import (
    COOKIE,
    IDLE_MINUTES,
    RENEW_MINUTES,
    ROLE_MINUTES,
    SILENCE_MINUTES,
    WHOLE_HOURS,
    Session,
)
from shared.web.visit import Visit

if TYPE_CHECKING:
    from shared.admin.ports import Once, OnceRow
    from shared.web.entry import Lobby
    from shared.webex.signin import Me

_LABEL = "session"
# While Webex is silent it is asked this seldom: somebody waits for a page meanwhile.
_ASK_AGAIN = times.MINUTE


@dataclass(frozen=True)
class _Kept:
    """A session with its row. token: the administrator's own; asked: when Webex was last asked."""

    session: Session
    row: OnceRow
    token: str = field(repr=False)
    asked: int


def start(lobby: Lobby, me: Me, token: str, token_expires: int) -> Cookie:
    """A session for a full administrator of a served organization, who was just proven to be one.

    token_expires: milliseconds; the session ends with the token, since nothing asks about the role
    without it.
    """
    now = _now(lobby)
    session = Session(new_secret(), me.org, me.person, me.name, me.email, now, now)
    expires = min(now + WHOLE_HOURS * times.HOUR, token_expires)
    key = _key(session.id)
    state = _state(session, lobby.sealer.seal(_token_label(key), {"token": token}, lobby.now()))
    _once(lobby, me.org).write(key, None, state, expires)
    return _cookie(lobby, session)


def resume(lobby: Lobby, visit: Visit) -> tuple[Session, tuple[Cookie, ...]]:
    """Who is signed in, and the cookies that keep it so.

    Raises Refusal: session_ended (idle, signed out, over, forged), role_lost, webex_silent.
    """
    cookie = _open(lobby, visit)
    once = _once(lobby, OrgId(str(cookie.get("org"))))
    kept = _checked(lobby, once, _read(lobby, once, cookie))
    sealed_at = cookie.get("at")
    fresh = isinstance(sealed_at, int) and lobby.now() - sealed_at < RENEW_MINUTES * 60
    return kept.session, () if fresh else (_cookie(lobby, kept.session),)


def end(lobby: Lobby, visit: Visit) -> Cookie:
    """Signs out: the row goes, so a copy of the cookie is worth nothing. May be called twice."""
    # Refusal: there is no session to end.
    with suppress(Refusal):
        cookie = _open(lobby, visit)
        _once(lobby, OrgId(str(cookie.get("org")))).remove(_key(str(cookie.get("id"))))
    return Cookie(COOKIE, "")


def _open(lobby: Lobby, visit: Visit) -> Mapping[str, object]:
    text = visit.cookies.get(COOKIE, "")
    try:
        return lobby.sealer.open(_LABEL, text, lobby.now(), IDLE_MINUTES * 60)
    except Broken as error:
        raise Refusal("session_ended") from error


def _once(lobby: Lobby, org: OrgId) -> Once:
    try:
        return lobby.wiring.once(org)
    except KeyError as error:
        raise Refusal("session_ended", "the organization is not served any more") from error


def _read(lobby: Lobby, once: Once, cookie: Mapping[str, object]) -> _Kept:
    """The one read of the row that each request costs."""
    key = _key(str(cookie.get("id")))
    row = once.read(key)
    if row is None or any(row.state.get(n) != cookie.get(n) for n in ("org", "person")):
        raise Refusal("session_ended")
    state = row.state
    session = Session(
        str(cookie["id"]),
        OrgId(str(state["org"])),
        PersonId(str(state["person"])),
        str(state.get("name", "")),
        str(state.get("email", "")),
        _number(state, "started"),
        _number(state, "checked"),
    )
    try:
        age = 2 * WHOLE_HOURS * 3600
        sealed = lobby.sealer.open(_token_label(key), str(state["token"]), lobby.now(), age)
    except Broken as error:
        # Its key was dropped from the keyring.
        raise Refusal("session_ended") from error
    return _Kept(session, row, str(sealed["token"]), _number(state, "asked"))


def _checked(lobby: Lobby, once: Once, kept: _Kept) -> _Kept:
    """With Webex's word on the role, asked for again when it is old."""
    now = _now(lobby)
    silent_for = now - kept.session.checked
    if silent_for < ROLE_MINUTES * times.MINUTE:
        return kept
    if now - kept.asked >= _ASK_AGAIN:
        heard = _ask(lobby, once, kept)
        session = replace(kept.session, checked=now) if heard else kept.session
        _note(once, replace(kept, session=session, asked=now))
        if heard:
            return replace(kept, session=session)
    if silent_for >= SILENCE_MINUTES * times.MINUTE:
        raise Refusal("webex_silent")
    return kept


def _ask(lobby: Lobby, once: Once, kept: _Kept) -> bool:
    """True: still a full administrator. False: Webex did not tell. Raises Refusal("role_lost")."""
    webex, session = lobby.wiring.webex_sign_in(), kept.session
    try:
        me = webex.who(kept.token)
        same = (me.org, me.person) == (session.org, session.person)
        if same and webex.is_full_admin(me, kept.token):
            return True
    except (Transient, Refused):
        return False
    except (CredentialMissing, Forbidden):
        pass
    once.remove(_key(session.id))
    raise Refusal("role_lost")


def _note(once: Once, kept: _Kept) -> None:
    state = {**kept.row.state, "checked": kept.session.checked, "asked": kept.asked}
    # Conflict: another request noted the same, or somebody signed out. The next one reads it.
    with suppress(Conflict):
        once.write(_key(kept.session.id), kept.row, state, kept.row.expires)


def _state(session: Session, sealed_token: str) -> dict[str, object]:
    return {
        "org": session.org,
        "person": session.person,
        "name": session.name,
        "email": session.email,
        "started": session.started,
        "checked": session.checked,
        "asked": session.checked,
        "token": sealed_token,
    }


def _cookie(lobby: Lobby, session: Session) -> Cookie:
    now = lobby.now()
    value = {"id": session.id, "org": session.org, "person": session.person, "at": int(now)}
    return Cookie(COOKIE, lobby.sealer.seal(_LABEL, value, now))


def _key(session_id: str) -> str:
    return f"session-{digest(session_id)}"


def _token_label(key: str) -> str:
    return f"session-token|{key}"


def _number(state: Mapping[str, object], name: str) -> int:
    value = state.get(name)
    return value if isinstance(value, int) else 0


def _now(lobby: Lobby) -> int:
    return round(lobby.now() * 1000)
