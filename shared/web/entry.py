"""The way from a request to an answer, the same for every page.

Read the visit → refuse what another site sent → find the session → let the handler act → render in
the reader's language → set the headers. A Refusal becomes a redirect to the page that explains it,
so that no code, state or token stays in an address or is answered twice by a reload.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from shared.config import BadSetting
from shared.core.errors import Failure
from shared.core.reasons import Refusal
from shared.web import languages, mishaps, notices
from shared.web.answers import Answer, Cookie, Page, Redirect
from shared.web.cookies import bare
from shared.web.desk import AdminHandler, Desk, Handler, Lobby
from shared.web.notices import Notice
from shared.web.origin import refuse_cross_site
from shared.web.places import HOME, sign_in_first
from shared.web.plain import Plain
from shared.web.render import Frame
from shared.web.sealed import Sealer
from shared.web.sending import Sender
from shared.web.session import COOKIE, Session
from shared.web.visit import Visit

if TYPE_CHECKING:
    from shared.wiring import Wiring


# Handlers import what they are given from here, beside what serves them.
__all__ = ["AdminHandler", "Desk", "Handler", "Lobby", "refuse", "serve", "unusable"]

# These end a session for good; anything else may pass.
_OVER = ("session_ended", "role_lost")


def serve(
    wiring: Wiring,
    visit: Visit,
    *,
    public: Handler | None = None,
    admin: AdminHandler | None = None,
) -> Plain:
    """Answer one visit, by the handler for anybody or by the one for administrators.

    Where both are given, the one for administrators acts if somebody is signed in. Raises nothing.
    """
    return _Round(wiring, visit).go(public, admin)


def refuse(wiring: Wiring, visit: Visit, refusal: Refusal) -> Plain:
    """For a visit that could not even be read."""
    return _Round(wiring, visit).refuse(refusal)


def unusable(error: BadSetting, visit: Visit) -> Plain:
    """Where the settings cannot be read, there is nothing but the page that says so."""
    page = mishaps.unusable(error, mishaps.place(visit))
    return Sender(None, Frame(languages.chosen(visit) or languages.DEFAULT)).send(page)


class _Round:
    """One visit from its request to its answer."""

    def __init__(self, wiring: Wiring, visit: Visit) -> None:
        self.settings = wiring.settings
        secure = self.settings.public_url.startswith("https:")
        self.visit = replace(visit, cookies=bare(visit.cookies, secure=secure))
        language = languages.chosen(self.visit)
        self.lobby = Lobby(wiring, Sealer(self.settings.keyring), language or languages.DEFAULT)
        self.where = mishaps.place(visit)
        self.cookies: list[Cookie] = []
        self.desk: Desk | None = None
        self.notice: Notice | None = None

    def go(self, public: Handler | None, admin: AdminHandler | None) -> Plain:
        try:
            return self.send(self._answer(public, admin))
        except Refusal as refusal:
            return self.refuse(refusal)
        except Failure as failure:
            return self.send(mishaps.failed(failure, self.where, self._organization()))
        except BadSetting as error:
            return unusable(error, self.visit)
        except Exception as error:
            return self._broken(error)

    def refuse(self, refusal: Refusal) -> Plain:
        return self.send(mishaps.refused(refusal, self.where, self._organization()))

    def send(self, answer: Answer) -> Plain:
        if isinstance(answer, Page):
            self._take_notice()
        elif isinstance(answer, Redirect) and answer.notice:
            self.cookies.append(notices.keep(self.lobby.sealer, answer.notice, self.lobby.now()))
        return Sender(self.settings, self._frame()).send(answer, self.cookies)

    def _answer(self, public: Handler | None, admin: AdminHandler | None) -> Answer:
        refuse_cross_site(self.visit, self.settings.public_url)
        if switched := _switched_language(self.visit):
            return switched
        if admin is not None:
            self._find_desk(optional=public is not None)
            if self.desk:
                return admin(self.desk, self.visit)
        if public is not None:
            return public(self.lobby, self.visit)
        # A form was sent from a page that was open for too long.
        notice = "" if self.visit.method == "GET" else "session_ended"
        return Redirect(sign_in_first(self.visit.path), notice=notice)

    def _find_desk(self, *, optional: bool) -> None:
        """Who is signed in, if anybody. optional: this page is there for others too, and tells them
        why they are no longer signed in."""
        if not self.visit.cookies.get(COOKIE):
            return
        try:
            session, cookies = _resume(self.lobby, self.visit)
            self.cookies += cookies
            self.desk = _desk(self.lobby, session, self.visit)
            self.lobby = self.desk.lobby
        except Refusal as refusal:
            if refusal.code in _OVER:
                self.cookies.append(Cookie(COOKIE, ""))
            if not optional:
                raise
            self.notice = notices.notice(refusal.code)
        except Failure:
            if not optional:
                raise

    def _take_notice(self) -> None:
        code = notices.take(self.lobby.sealer, self.visit, self.lobby.now())
        if code:
            self.notice = notices.notice(code)
        if notices.COOKIE in self.visit.cookies:
            self.cookies.append(Cookie(notices.COOKIE, ""))

    def _frame(self) -> Frame:
        reading = self.visit.method == "GET"
        return Frame(
            self.lobby.language,
            self.visit.path if reading else HOME,
            self.visit.query if reading else {},
            self.desk.session if self.desk else None,
            self.notice,
        )

    def _broken(self, error: Exception) -> Plain:
        page = mishaps.broken(error, self.where, self.lobby.wiring.new_id()[:12])
        frame = Frame(self.lobby.language, notice=None)
        return Sender(self.settings, frame).send(page)

    def _organization(self) -> str:
        return self.desk.session.org if self.desk else ""


def _resume(lobby: Lobby, visit: Visit) -> tuple[Session, tuple[Cookie, ...]]:
    from shared.web.sessions import resume

    return resume(lobby, visit)


def _desk(lobby: Lobby, session: Session, visit: Visit) -> Desk:
    """At the desk the organization's language counts where the reader named none."""
    office = lobby.office(session.org)
    if not languages.chosen(visit):
        own = office.services.organizations.settings().language
        if own in languages.LANGUAGES:
            lobby = replace(lobby, language=own)
    return Desk(lobby, session, office)


def _switched_language(visit: Visit) -> Redirect | None:
    """`?language=sv` is kept in the browser and taken out of the address."""
    language = visit.query.get("language", "")
    if visit.method != "GET" or language not in languages.LANGUAGES:
        return None
    rest = {name: value for name, value in visit.query.items() if name != "language"}
    # One slash in front: two would name another host.
    path = "/" + quote(visit.path.lstrip("/\\"))
    return Redirect(f"{path}?{urlencode(rest)}" if rest else path, (languages.remember(language),))
