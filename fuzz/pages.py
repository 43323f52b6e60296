"""The pages' addresses, for a stranger, a guest and the full administrator, in a world at work.

What is done there stays done: the inputs of one run meet each other's traces. No answer of a
provider is genuine here, and for a stranger nothing may change; see `fuzz.answers` for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from hypothesis import strategies as st

from fuzz import values
from fuzz.target import Check, Opened, Target
from fuzz.world import MARK, PROVIDERS, World, assert_answers
from sandbox.browser.element import Element
from sandbox.browser.visitor import FORM
from shared import wiring
from shared.admin.choices import CHOICES
from shared.core.capabilities import CAPABILITIES
from shared.core.reasons import codes
from tests.journeys.stage import APP_URL
from tests.pages.routes import Way, gets, posts
from tests.pages.visitor import Visitor

_EVIL = "elsewhere.example"
_PAGES = (
    "/",
    "/prerequisites",
    "/permissions",
    "/credentials",
    "/settings",
    "/activity",
    "/activity/preview",
)

_odd = st.one_of(
    st.sampled_from(
        [
            f"//{_EVIL}",
            f"https://{_EVIL}/",
            f"/\\{_EVIL}",
            f"\t//{_EVIL}",
            "javascript:alert(1)",
            "\r\nSet-Cookie: x=1",
            "a" * 6000,
        ]
    ),
    values.texts,
    values.uuids,
).map(lambda text: text.encode("utf-8", "replace").decode())
_meant = st.sampled_from(
    [
        "",
        "0",
        "1",
        "on",
        "true",
        "True",
        "microsoft",
        "all",
        "allow",
        "refuse",
        "both",
        "group",
        "team",
        "consent_required",
        "access_denied",
        "/settings",
        "/activity",
        "sv",
        "en",
        *CAPABILITIES,
    ]
)
_texts = st.one_of(_meant, _odd, _odd.map(lambda text: MARK + text))

# Addresses

_QUERY = (
    "state",
    "code",
    "error",
    "error_description",
    "admin_consent",
    "tenant",
    "scope",
    "session_state",
    "iss",
    "next",
    "q",
    "status",
    "after",
    "language",
    "check",
    "step",
    "organization",
    "token",
    "team",
    "v",
)
_raw = st.one_of(
    st.sampled_from(["%ff", "%zz", "%", "%00", "%ED%A0%80", "%0d%0a", "+", "&&", "=", ";", "%25"]),
    st.binary(max_size=6).map(lambda raw: "".join(f"%{byte:02x}" for byte in raw)),
)
_pairs = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(_QUERY), _texts).map(lambda pair: urlencode([pair])),
        st.builds(lambda name, raw: f"{name}={raw}", st.sampled_from(_QUERY), _raw),
        _raw,
        st.just("language=sv"),
    ),
    max_size=6,
).map("&".join)
_segments = st.one_of(
    _texts.map(lambda text: urlencode({"": text})[1:].replace("+", "%20") or "x"),
    st.sampled_from([values.ORG, *sorted(codes())]),
)
# Not before they are needed: the app is loaded to tell them.
_gets = st.deferred(
    lambda: st.one_of(
        st.sampled_from(gets()), st.sampled_from([way for way in gets() if "*" in way.template])
    )
)
_open_gets = st.deferred(lambda: st.sampled_from([way for way in gets() if way.is_open]))
_callback_ways = st.deferred(lambda: st.sampled_from([way for way in gets() if way.is_callback]))
_post_ways = st.deferred(
    lambda: st.one_of(
        st.sampled_from(posts()), st.sampled_from([way for way in posts() if way.is_open])
    )
)
_LINK = "/handover/{organization}/{token}"
_cookies = st.lists(
    st.tuples(st.sampled_from(["handover", "flow-webex-signin", "notice", "session"]), _odd),
    max_size=2,
)


@dataclass(frozen=True)
class Asked:
    """One GET. state: whether the browser has just set out to where the answer comes from.
    genuine: it is the browser of whoever gets hand-over links, and a link is one that was made.
    signed_in: by the full administrator. cookies: what else the browser was made to keep."""

    way: Way
    segments: tuple[str, ...]
    query: str
    state: bool
    genuine: bool
    signed_in: bool
    cookies: tuple[tuple[str, str], ...] = ()


_callbacks = st.builds(
    Asked,
    st.one_of(_callback_ways, _callback_ways, _gets, _open_gets),
    st.tuples(_segments, _segments),
    _pairs,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    _cookies.map(tuple),
)

# Forms

_FIELDS = (
    "next",
    "capability",
    "client_id",
    "client_secret",
    "refresh_token",
    "step",
    "pending",
    "check",
    "confirmed",
    "tenant",
    "on",
    "team",
    "language",
    "since",
    "back",
    "decision",
    "seen",
    "direction",
    "side",
    "op",
    "person",
    *CHOICES,
    *(f"was_{name}" for name in CHOICES),
)


@dataclass(frozen=True)
class Posted:
    """One form. filled: it has what the pages' own form for it has, but for `fields`. team: its
    fields name the team that is there. genuine: see Asked."""

    way: Way
    segments: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    raw: bytes | None
    content_type: str
    filled: bool
    team: bool
    genuine: bool
    signed_in: bool


_fields = st.lists(
    st.tuples(st.sampled_from(_FIELDS), _texts), max_size=6, unique_by=lambda f: f[0]
)
_raw_bodies = st.one_of(
    _pairs.map(str.encode),
    values.bodies,
    st.just(b"tenant=" + b"a" * 20_000),
    st.just(b"on=1&on=0"),
    st.lists(st.tuples(st.sampled_from(_FIELDS), _raw), max_size=4).map(
        lambda pairs: "&".join(f"{name}={raw}" for name, raw in pairs).encode()
    ),
)
_forms = st.builds(
    Posted,
    _post_ways,
    st.tuples(_segments, _segments),
    _fields.map(tuple),
    st.one_of(st.none(), st.none(), st.none(), _raw_bodies),
    st.sampled_from([FORM] * 12 + ["text/plain", "application/json", ""]),
    st.sampled_from([True, True, False]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([True, True, False]),
)


class _Pages(World):
    def __init__(self) -> None:
        super().__init__()
        self._forms = self._read_forms()

    def ask(self, asked: Asked) -> None:
        visitor = self._somebody(asked)
        path, query = self._path(asked), asked.query
        state = ""
        if asked.state and asked.way.is_callback:
            state = self._set_out(visitor, asked.way)
            query = f"state={state}&{query}" if state else query
        before = dict(visitor.jar.kept)
        for name, text in asked.cookies:
            self._plant(visitor, name, text)
        self.begin(visitor)
        visitor.get(f"{path}?{query}", stop=PROVIDERS)
        assert_answers(visitor)
        if asked.way.is_callback:
            self.assert_nothing_kept(spent=bool(state))
        self._assert_in_its_place(visitor)
        if asked.cookies:
            visitor.jar.kept = before

    def post(self, posted: Posted) -> None:
        visitor = self._somebody(posted)
        fields = self._own(posted) | dict(posted.fields)
        fields |= {"team": self.team.uuid} if posted.team else {}
        body = urlencode(fields).encode() if posted.raw is None else posted.raw
        path = self._path(posted)
        self.begin(visitor)
        page = visitor.post(path, body, content_type=posted.content_type, stop=PROVIDERS)
        assert_answers(visitor)
        if posted.way.template == _LINK and not posted.genuine:
            set_cookies = (text for each in visitor.history for text in each.set_cookies)
            assert not any(text.startswith("__Host-handover=") for text in set_cookies), page
        self._assert_in_its_place(visitor)

    def _assert_in_its_place(self, visitor: Visitor) -> None:
        """A stranger changes nothing; neither they nor a guest is let in."""
        if visitor is self.nobody:
            self.assert_left_alone(visitor)
        if visitor is self.guest:
            assert not self.is_signed_in(visitor)

    def _read_forms(self) -> dict[str, list[dict[str, str]]]:
        """What stands in each form of the pages, by the address that it is sent to."""
        visitor = self.comes(self.admin)
        found: dict[str, list[dict[str, str]]] = {}
        for page in (*_PAGES, f"/activity?team={self.team.uuid}"):
            for form in visitor.get(page).forms:
                buttons: list[Element | None] = [*form.buttons] or [None]
                for button in buttons:
                    pressed = {button["name"]: button["value"]} if button else {}
                    own = {name: text for name, text in [*form.values(), *pressed.items()] if name}
                    action = (button and button["formaction"]) or form.action or page
                    found.setdefault(action.partition("?")[0], []).append(own)
        return found

    def _own(self, posted: Posted) -> dict[str, str]:
        """One of the pages' own forms; which one is told by how many fields are changed."""
        forms = self._forms.get(posted.way.template, []) if posted.filled else []
        return dict(forms[len(posted.fields) % len(forms)]) if forms else {}

    def _path(self, sent: Asked | Posted) -> str:
        if sent.way.template == _LINK and sent.genuine:
            return self.make_link("spaces")
        return sent.way.path(dict(zip(sent.way.parameters, sent.segments, strict=False)))

    def _somebody(self, sent: Asked | Posted) -> Visitor:
        if sent.signed_in:
            return self.comes(self.admin)
        return self.comes(self.guest if sent.genuine else self.nobody)

    def _set_out(self, visitor: Visitor, way: Way) -> str:
        """The state of a fresh way out to what `way` is the way back from; "" where there is none.
        To Microsoft's sign-in leads only what Microsoft itself answers."""
        outs = {
            "/authorize/webex/signin": ("/authorize/signin", {}),
            "/authorize/webex/credential": ("/authorize/webex", {"capability": "spaces"}),
            "/authorize/microsoft/consent": ("/authorize/microsoft", {}),
        }
        if way.template not in outs:
            return ""
        path, form = outs[way.template]
        page = visitor.post(path, form, stop=PROVIDERS)
        return page.location.partition("state=")[2].partition("&")[0]

    def _plant(self, visitor: Visitor, name: str, text: str) -> None:
        """As far as a browser would keep it."""
        kept = "".join(c for c in text if c.isascii() and c.isprintable() and c not in ';, "')
        header = f"__Host-{name}={kept}; Path=/; Secure; HttpOnly; SameSite=Lax"
        visitor.jar.take(APP_URL, header, self.stage.clock.now())


def _opened(act: str) -> Opened:
    @contextmanager
    def opened() -> Iterator[Check]:
        world = _Pages()
        try:
            yield world.ask if act == "ask" else world.post
        finally:
            wiring.install(None)

    return opened


TARGETS: tuple[Target, ...] = (
    Target("callbacks", _callbacks, _opened("ask"), 0.1, 150),
    Target("forms", _forms, _opened("post"), 0.1, 150),
)
