"""A provider's genuine answer, changed on its way back: what is not the answer to what this browser
set out for stores nothing and lets nobody in.

What is done there stays done: earlier answers are what later ones are mixed with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from hypothesis import strategies as st

from fuzz import values
from fuzz.kept import spoil, spoilings
from fuzz.target import Check, Target
from fuzz.world import PROVIDERS, World, assert_answers
from shared import wiring
from tests.journeys.stage import APP_URL, MICROSOFT_CALLBACKS, WEBEX_CALLBACKS
from tests.pages.steps import CONSENT, SIGN_IN, WEBEX_SIGN_IN, at_microsoft
from tests.pages.visitor import Visitor

_CREDENTIAL = "/authorize/webex/credential"
_CALLBACKS = (*WEBEX_CALLBACKS, *MICROSOFT_CALLBACKS)
# How many earlier states and codes are remembered.
_REMEMBERED = 20


@dataclass(frozen=True)
class Change:
    """What becomes of a value. how: "kept", "none", "earlier" (the `at`-th before), "spoiled"."""

    how: str
    at: int
    spoilings: tuple[tuple[str, int, str], ...]

    def of(self, value: str, earlier: list[str]) -> str:
        if self.how == "earlier" and earlier:
            return earlier[self.at % len(earlier)]
        if self.how == "spoiled":
            return spoil(value, list(self.spoilings))
        return "" if self.how == "none" else value


@dataclass(frozen=True)
class Answered:
    """errand: what somebody set out for. account: who signs in at the provider; at Microsoft it is
    always the right one. to: the callback that the answer is sent to, "" for its own. sender:
    another browser that sends it, "" for the one that set out. more: other parameters, which
    replace those of the same name."""

    errand: str
    account: str
    state: Change
    code: Change
    to: str
    sender: str
    more: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Answer:
    """browser: whose it is. path: of the callback. right: whether whoever answered may."""

    browser: str
    path: str
    query: dict[str, str]
    right: bool


_KEPT = Change("kept", 0, ())
_changes = st.builds(
    Change,
    st.sampled_from(["spoiled", "earlier", "none"]),
    st.integers(0, _REMEMBERED),
    spoilings.map(tuple),
)
_more = st.lists(
    st.tuples(
        st.sampled_from(["error", "tenant", "admin_consent", "scope", "iss", "session_state", "x"]),
        st.one_of(
            st.sampled_from(["access_denied", "invalid_scope", "True", "False", ""]),
            values.texts.map(lambda text: text.encode("utf-8", "replace").decode()),
            values.uuids,
        ),
    ),
    max_size=2,
)
_ERRANDS = ("signin", "signin", "credential", "consent", "microsoft", "handover")
_WHAT = ("state", "code", "account", "to", "sender", "more")


@st.composite
def _answers(draw: st.DrawFn) -> Answered:
    """Mostly one change away from what a provider answers."""
    what = draw(st.sets(st.sampled_from(_WHAT), max_size=2))
    return Answered(
        draw(st.sampled_from(_ERRANDS)),
        draw(st.sampled_from(["ordinary", "elsewhere"])) if "account" in what else "right",
        draw(_changes) if "state" in what else _KEPT,
        draw(_changes) if "code" in what else _KEPT,
        draw(st.sampled_from(_CALLBACKS)) if "to" in what else "",
        draw(st.sampled_from(["nobody", "guest", "admin"])) if "sender" in what else "",
        tuple(draw(_more)) if "more" in what else (),
    )


class _Crossing(World):
    """given: the state that each browser was last given for each callback."""

    def __init__(self) -> None:
        super().__init__()
        stage = self.stage
        self._elsewhere = stage.webex.add_organization("Elsewhere").add_person(
            "Stina Stranger", roles=("id_full_admin",)
        )
        self._browsers = {"nobody": self.nobody, "guest": self.guest, "admin": self.admin}
        self._given: dict[tuple[str, str], str] = {}
        self._states: list[str] = []
        self._codes: list[str] = []
        self._errands: dict[str, Callable[[str], _Answer]] = {
            "signin": self._sign_in,
            "credential": self._credential,
            "consent": self._consent,
            "microsoft": self._microsoft,
            "handover": self._handover,
        }

    def answer(self, answered: Answered) -> None:
        answer = self._errands[answered.errand](answered.account)
        state, code = answer.query["state"], answer.query.get("code", "")
        self._given[answer.browser, answer.path] = state
        query = answer.query | dict(answered.more)
        query["state"] = answered.state.of(state, self._states)
        if code:
            query["code"] = answered.code.of(code, self._codes)
        self._remember(state, code)
        name, to = answered.sender or answer.browser, answered.to or answer.path
        sender = self.comes(self._browsers[name])
        self.begin(sender)
        asked = {name: text for name, text in query.items() if text}
        sender.get(f"{to}?{urlencode(asked)}", stop=PROVIDERS)
        assert_answers(sender)
        own = (name, to, query["state"]) == (answer.browser, answer.path, state)
        whole = own and answer.right and query.get("code", "") == code
        expected = bool(asked.get("state")) and asked["state"] == self._given.get((name, to))
        self._judge(name, to, expected=expected, whole=whole, plain=not answered.more)

    def _judge(self, name: str, to: str, *, expected: bool, whole: bool, plain: bool) -> None:
        """expected: the state is the one that this browser was given for this callback, last.
        whole: so is the code, and whoever is behind it may. plain: nothing was added."""
        sender, right = self._browsers[name], expected and whole
        lets_in = right and to == WEBEX_SIGN_IN
        if not right:
            self.assert_nothing_kept(spent=expected and to != WEBEX_SIGN_IN)
        elif plain and to == CONSENT:
            assert sender.history[-1].location.startswith(PROVIDERS), sender.history
        elif plain and not lets_in:
            assert any(table != "Once" for table, _, _ in self.rows.written), self.rows.written
        if name == "nobody" and not right:
            self.assert_left_alone(sender)
        if name != "admin" and (plain or not lets_in):
            assert self.is_signed_in(sender) == lets_in
        if lets_in:
            # A stranger again.
            sender.jar.kept.clear()

    def _remember(self, state: str, code: str) -> None:
        self._states = [state, *self._states][:_REMEMBERED]
        self._codes = [*([code] if code else []), *self._codes][:_REMEMBERED]

    # What somebody sets out for; the answer is not handed on

    def _sign_in(self, account: str) -> _Answer:
        visitor = self._fresh(self.nobody)
        self.begin(visitor)
        visitor.post("/authorize/signin")
        self.assert_left_alone(visitor)
        visitor.post("/authorize/signin")
        return self._from_webex("nobody", WEBEX_SIGN_IN, account, right=self.stage.admin.email)

    def _credential(self, account: str) -> _Answer:
        visitor = self._fresh(self.admin)
        visitor.post("/authorize/webex", {"capability": "spaces"})
        return self._from_webex("admin", _CREDENTIAL, account, right=self.stage.officer.email)

    def _handover(self, account: str) -> _Answer:
        link = self.make_link("spaces")
        visitor = self._fresh(self.guest)
        visitor.post(link)
        visitor.post("/handover/start")
        return self._from_webex("guest", _CREDENTIAL, account, right=self.stage.officer.email)

    def _consent(self, _account: str) -> _Answer:
        visitor = self._fresh(self.admin)
        visitor.post("/authorize/microsoft")
        back = at_microsoft(visitor, self.stage.global_admin, stop=CONSENT).location
        return _Answer("admin", CONSENT, _query_of(back), right=True)

    def _microsoft(self, account: str) -> _Answer:
        """Who is known to Microsoft from the dialog signs in without being asked."""
        back = self._consent(account)
        self._given["admin", CONSENT] = back.query["state"]
        page = self.admin.get(f"{CONSENT}?{urlencode(back.query)}", stop=SIGN_IN)
        return _Answer("admin", SIGN_IN, _query_of(page.location), right=True)

    def _from_webex(self, browser: str, path: str, account: str, *, right: str) -> _Answer:
        ordinary = self.team.creator.email
        email = {"right": right, "ordinary": ordinary, "elsewhere": self._elsewhere.email}[account]
        visitor = self._browsers[browser]
        back = visitor.press("Sign in and allow", email=email, stop=path).location
        return _Answer(browser, path, _query_of(back), right=account == "right")

    def _fresh(self, visitor: Visitor) -> Visitor:
        """In a browser that no provider knows yet."""
        ours = urlsplit(APP_URL).hostname
        visitor.jar.kept = {k: c for k, c in visitor.jar.kept.items() if c.host == ours}
        return self.comes(visitor)


def _query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


@contextmanager
def _opened() -> Iterator[Check]:
    world = _Crossing()
    try:
        yield world.answer
    finally:
        wiring.install(None)


TARGETS: tuple[Target, ...] = (Target("answers", _answers(), _opened, 0.1, 150),)
