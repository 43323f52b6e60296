"""Names and attributes of our cookies. Handlers use bare names; the browser sees the real ones.

`__Host-` makes the browser refuse a cookie that another host of the domain set; it needs https.
Source: https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shared.web.answers import Cookie

_PREFIX = "__Host-"


def bare(sent: Mapping[str, str], *, secure: bool) -> dict[str, str]:
    """What the browser sent, under the names that handlers use; nobody else's cookies."""
    if not secure:
        return {name: value for name, value in sent.items() if not name.startswith(_PREFIX)}
    return {n.removeprefix(_PREFIX): v for n, v in sent.items() if n.startswith(_PREFIX)}


def set_cookie(cookie: Cookie, *, secure: bool) -> str:
    """The value of a Set-Cookie header. Lax, since providers send the browser back by a link."""
    parts = [f"{_PREFIX if secure else ''}{cookie.name}={cookie.value}"]
    age = cookie.age if cookie.value else 0
    if age is not None:
        parts.append(f"Max-Age={age}")
    parts += ["Path=/", "HttpOnly", "SameSite=Lax"]
    return "; ".join([*parts, "Secure"] if secure else parts)


def last_of_each(cookies: Iterable[Cookie]) -> tuple[Cookie, ...]:
    """Where a name is set twice in one answer, the later one counts."""
    return tuple({cookie.name: cookie for cookie in cookies}.values())
