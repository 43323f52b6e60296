"""What we wrote ourselves and read back: from the queue, a table or the browser."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from fuzz import values
from fuzz.target import Target, pure
from shared.core import ledger_codec, nudge
from shared.core.ids import NIL, parse_uuid
from shared.core.keyring import parse_keyring
from shared.core.reasons import Refusal
from shared.web import flow
from shared.web.sealed import Broken, Expired, Sealer
from shared.web.visit import MAX_FORM, Visit, read_cookies, read_form

NOW = 1_790_000_000.0
_KEYS = [base64.b64encode(bytes([n]) * 32).decode() for n in range(3)]
_OURS = Sealer(parse_keyring(f"v2:{_KEYS[1]},v1:{_KEYS[0]}"))
_BEFORE = Sealer(parse_keyring(f"v1:{_KEYS[0]}"))
_STRANGERS = Sealer(parse_keyring(f"v2:{_KEYS[2]}"))

# Queue messages

_messages = st.one_of(
    values.item_of({"organization": values.uuids, "space": values.ids, "cause": values.texts}).map(
        json.dumps
    ),
    values.bodies.map(lambda body: body.decode("utf-8", "replace")),
)


def _nudging(text: str) -> None:
    try:
        read = nudge.read(text)
    except nudge.Unreadable:
        return
    assert parse_uuid(read.organization) == read.organization
    assert 0 < len(read.space) <= nudge.MAX_SPACE
    assert nudge.read(nudge.write(read)) == read


# The ledger

_WIDTHS = {
    "baseline": 32,
    "owners": 16,
    "led": 16,
    "pending": 46,
    "writes": 50,
    "missing": 37,
    "refused": 34,
    "over": 38,
}
_people = st.one_of(
    st.sampled_from([bytes(16), b"\x01" * 16, b"\xff" * 16]), st.binary(min_size=16, max_size=16)
)


def _record(width: int) -> st.SearchStrategy[bytes]:
    """One record as wide as it must be: two people or one, a side and an operation, times."""
    rest = max(width - 32, 0)
    marks = st.lists(
        st.one_of(st.integers(0, 2), st.integers(0, 255)), min_size=rest, max_size=rest
    )
    return st.builds(
        lambda a, b, tail: (a + b)[: width - rest] + bytes(tail), _people, _people, marks
    )


_blobs = st.fixed_dictionaries(
    {},
    optional={
        name: st.one_of(
            st.lists(_record(width), max_size=3).map(b"".join),
            st.lists(_record(width), max_size=3).map(b"".join),
            st.binary(max_size=60),
        )
        for name, width in _WIDTHS.items()
    },
)


def _unpacking(blobs: dict[str, bytes]) -> None:
    assert set(blobs) <= set(ledger_codec.BLOBS) == set(_WIDTHS)
    try:
        ledger = ledger_codec.unpack(blobs)
    except (ValueError, LookupError):
        return
    assert ledger_codec.unpack(ledger_codec.pack(ledger)) == ledger
    for name, people in (("owners", ledger.owners), ("led", ledger.led)):
        assert {UUID(person or NIL).bytes for person in people} == _sixteens(blobs.get(name, b""))


def _sixteens(blob: bytes) -> set[bytes]:
    return {blob[start : start + 16] for start in range(0, len(blob), 16)}


# Sealed cookies

_LABEL = "session"
_secrets = values.item_of({"id": values.texts, "org": values.uuids, "at": st.integers(0, 2**40)})
spoilings = st.lists(
    st.tuples(
        st.sampled_from(["cut", "put", "swap", "case"]),
        st.integers(0, 400),
        st.text("AZaz09-_=+/ é", max_size=3),
    ),
    max_size=3,
)


def spoil(text: str, spoilings: list[tuple[str, int, str]]) -> str:
    for what, at, more in spoilings:
        place = at % (len(text) + 1)
        if what == "cut":
            text = text[:place] + text[place + 1 + len(more) :]
        elif what == "put":
            text = text[:place] + more + text[place:]
        elif what == "swap":
            text = text[:place] + more + text[place + len(more) :]
        else:
            text = text[:place] + text[place : place + 1].swapcase() + text[place + 1 :]
    return text


_seals = st.tuples(
    st.sampled_from([_OURS, _BEFORE, _STRANGERS]),
    st.sampled_from([_LABEL, "handover", "flow|x", ""]),
    _secrets,
    st.integers(-200, 4000),
    spoilings,
)


def _unsealing(given: tuple[Sealer, str, dict[str, Any], int, Any]) -> None:
    """age: of half an hour; whatever is told must be ours, for this and in time."""
    sealer, label, secret, old, spoilings = given
    value = json.loads(json.dumps(secret))
    sealed = sealer.seal(label, value, NOW - old)
    text = spoil(sealed, spoilings)
    genuine = sealer is not _STRANGERS and label == _LABEL
    in_time = -60 <= old <= 1800
    try:
        opened = _OURS.open(_LABEL, text, NOW, 1800)
    except Expired:
        assert genuine and not in_time
    except Broken:
        assert not genuine or text != sealed
    else:
        assert genuine and in_time
        assert json.dumps(opened) == json.dumps(value)


# One-time states

_PURPOSE = "webex-signin"
_STATE = "state-" + "s" * 40
_states = st.one_of(st.just(_STATE), st.just(_STATE).map(str.upper), values.texts)
_returns = st.tuples(
    st.sampled_from([_OURS, _STRANGERS]),
    st.sampled_from([_PURPOSE, "webex-credential"]),
    # What comes in an address is decoded from UTF-8, so no half of a pair of surrogates is in it.
    _states.filter(lambda text: "\ud800" not in text),
    st.integers(-200, 4000),
    spoilings,
)


def _returning(given: tuple[Sealer, str, str, int, Any]) -> None:
    sealer, purpose, state, old, spoilings = given
    facts = {"org": values.ORG}
    begun, cookie = flow.begin(sealer, purpose, NOW - old, facts, _STATE)
    text = spoil(cookie.value, spoilings)
    ours = sealer is _OURS and purpose == _PURPOSE and state == _STATE and -60 <= old <= 600
    visit = Visit("GET", "/", {}, {"state": state}, {}, {}, {flow.cookie_name(_PURPOSE): text})
    try:
        resumed = flow.resume(_OURS, _PURPOSE, visit, NOW)
    except Refusal as refusal:
        assert refusal.code in ("state_missing", "state_elsewhere", "state_expired")
        assert not ours or spoilings
    else:
        assert ours
        assert resumed == begun


# Forms and cookies as they come

_pairs = st.lists(
    st.builds(
        lambda name, equals, text: f"{name}{equals}{text}",
        st.sampled_from(["step", "on", "tenant", "%74enant", "", "é", "a%00"]),
        st.sampled_from(["=", "", "=="]),
        st.sampled_from(["1", "", "%ff", "%zz", "+", "%00", "%ED%A0%80", "%C3%A5", "å", "&", ";"]),
    ),
    max_size=5,
)
_forms = st.tuples(
    st.sampled_from(
        [
            "application/x-www-form-urlencoded",
            "APPLICATION/X-WWW-FORM-URLENCODED; charset=x",
            "text/plain",
            "",
        ]
    ),
    st.one_of(
        _pairs.map(lambda pairs: "&".join(pairs).encode()),
        values.bodies,
        st.integers(40, 60).map(lambda n: b"&".join(b"f%d=" % i for i in range(n))),
        st.just(b"a=" + b"x" * MAX_FORM),
    ),
    values.texts,
)


def _filling(given: tuple[str, bytes, str]) -> None:
    kind, body, cookies = given
    try:
        form = read_form(kind, body)
    except Refusal as refusal:
        assert refusal.code == "bad_form"
    else:
        assert not form or "urlencoded" in kind.lower()
        assert len(body) <= MAX_FORM and len(form) <= 50
        for text in form.values():
            assert "\0" not in text
            text.encode()
    for name, text in read_cookies(cookies).items():
        assert ";" not in name + text and "=" not in name


TARGETS: tuple[Target, ...] = (
    pure("nudges", _messages, _nudging, 2),
    pure("ledger", _blobs, _unpacking, 0.5),
    pure("seals", _seals, _unsealing, 0.7, 80),
    pure("states", _returns, _returning, 0.7, 80),
    pure("forms-read", _forms, _filling, 2),
)
