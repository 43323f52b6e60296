"""What inputs are made of: texts, ids and JSON, most of them nearly right."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

ORG = "7f1c6c1e-26ab-4c53-8f0c-5b9a1f3f0001"
OTHER_ORG = "7f1c6c1e-26ab-4c53-8f0c-5b9a1f3f0002"
STRANGER = "7f1c6c1e-26ab-4c53-8f0c-5b9a1f3f0003"
SPACE = "7f1c6c1e-26ab-4c53-8f0c-5b9a1f3f0004"
NIL = "00000000-0000-0000-0000-000000000000"

_ODD = (
    "",
    " ",
    "\0",
    "\r\nX: 1",
    "0",
    "-1",
    "1e309",
    "nan",
    "٣",
    "true",
    "null",
    "{}",
    "İ",
    "ß",
    "\u202e",
    "\ud800",
    "%",
    "%zz",
    "%ff",
    "../..",
    "//elsewhere.example",
    "a" * 2000,
)
texts = st.one_of(st.sampled_from(_ODD), st.text(max_size=24))
uuids = st.one_of(
    st.sampled_from([ORG, OTHER_ORG, STRANGER, SPACE, NIL, SPACE.upper(), f"{{{SPACE}}}"]),
    st.uuids().map(str),
)
numbers = st.one_of(
    st.sampled_from([0, -1, 1, 2**31, 2**63, 2**64, 10**400, 1e308, float("nan"), float("inf")]),
    st.integers(),
    st.floats(),
)


def webex_id(kind: str, uuid: str, cluster: str = "us") -> str:
    return base64.urlsafe_b64encode(f"ciscospark://{cluster}/{kind}/{uuid}".encode()).decode()


good_ids = st.builds(
    webex_id,
    st.sampled_from(["ROOM", "TEAM", "PEOPLE", "ORGANIZATION", "MEMBERSHIP"]),
    st.uuids().map(str),
    st.sampled_from(["us", "urn:TEAM:us-west-2_r", "eu"]),
)
ids = st.one_of(
    good_ids,
    good_ids.map(lambda text: text.rstrip("=")),
    uuids,
    uuids.map(lambda text: base64.b64encode(text.encode()).decode()),
    st.builds(webex_id, texts.filter(str.isascii), texts.filter(str.isascii)),
    texts,
)
times = st.one_of(
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.sampled_from(
        [
            "0001-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59.999999-23:59",
            "2026-02-30T00:00:00Z",
            "20260101",
            "2026-W01-1",
        ]
    ),
    texts,
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts, ids, times)


def json_of(*names: str) -> SearchStrategy[Any]:
    """Any JSON value; its objects mostly have some of these names."""
    keys = st.one_of(st.sampled_from(names), texts) if names else texts
    return st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=6)
        ),
        max_leaves=10,
    )


def item_of(fields: dict[str, SearchStrategy[Any]], *more: str) -> SearchStrategy[dict[str, Any]]:
    """An object with any of these fields, each as it should be or anything else at all."""
    anything = json_of(*more)
    optional = {name: st.one_of(good, good, anything) for name, good in fields.items()}
    return st.one_of(
        st.fixed_dictionaries({}, optional=optional),
        st.dictionaries(st.one_of(st.sampled_from(sorted(fields)), texts), anything, max_size=6),
    )


bodies = st.one_of(
    st.binary(max_size=64),
    json_of("data", "error", "items", "value").map(lambda value: json.dumps(value).encode()),
    st.sampled_from([b"", b"[", b"null", b"\xff\xfe", b"\xef\xbb\xbf{}", b"1" * 5000, b"NaN"]),
    st.sampled_from([b"[", b'{"a":']).map(lambda part: part * 10_000),
)
