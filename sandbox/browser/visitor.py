"""Somebody with a browser: types addresses, follows links, sends forms, and remembers it all.

What a browser does that our pages lean on is done here: cookies with their attributes, the headers
Origin, Referer and Sec-Fetch-Site, redirects between sites, and `form-action` as Chromium holds
a form's redirects to it. How a request travels is given from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

from sandbox.browser.cookies import Jar, Kept
from sandbox.browser.element import Element
from sandbox.browser.form import Form
from sandbox.browser.origins import (
    Blocked,
    fetch_site,
    hold_to_form_action,
    origin,
    told_origin,
)
from sandbox.browser.page import Page

MAX_REDIRECTS = 20
FORM = "application/x-www-form-urlencoded"
ELSEWHERE = "https://elsewhere.example/page"

# Part of an address, or several: a redirect there is not followed.
Stop = str | tuple[str, ...]
Fields = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Sent:
    """What came back for one request. ours: whether the app under test gave it."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    ours: bool = False


Send = Callable[[str, str, Mapping[str, str], bytes], Sent]


class Browser:
    """One browser of one person; `send` makes one request, `now` tells the seconds.

    `home`: what addresses without a host belong to. `page` is what is open, `history` every answer.
    """

    def __init__(self, send: Send, now: Callable[[], float], home: str) -> None:
        self._send, self._now = send, now
        self.home = home
        self.language = "en"
        self.jar = Jar()
        self.history: list[Page] = []
        self.page: Page | None = None

    # What somebody does

    def get(self, url: str, *, source: str = "", stop: Stop = "") -> Page:
        """Type an address; or, with `source`, follow a link on the page at that address.

        `stop`: a redirect to an address that holds this is not followed.
        """
        return self._navigate("GET", url, source=source, stop=stop)

    def post(
        self,
        url: str,
        form: Fields | bytes = (),
        *,
        source: str | None = None,
        content_type: str = FORM,
        stop: Stop = "",
    ) -> Page:
        """Send a form that need not stand on any page. `source`: the page's address that sends
        it, by default one of ours; `ELSEWHERE` for another site's."""
        body = form if isinstance(form, bytes) else encoded(form)
        came_from = self.home + "/" if source is None else source
        return self._navigate(
            "POST", url, body=body, source=came_from, stop=stop, content_type=content_type
        )

    def follow(self, link: str, *, stop: Stop = "") -> Page:
        """Click a link of the open page by its name."""
        page = self._open()
        assert link in page.links, f"no link {link!r} on {page.url}; there are {list(page.links)}"
        return self.get(urljoin(page.url, page.links[link]), source=page.url, stop=stop)

    def submit(self, page: Page, what: str, /, *, stop: Stop = "", **fields: str) -> Page:
        """Press a button by its name, or send the form with this action, as `page` has it.

        `fields` are those that somebody fills in or ticks; "" unticks a checkbox.
        """
        form = page.document.form(what, fields)
        button = form.button(what) or _meant(form, fields)
        if button is not None:
            fields = {name: text for name, text in fields.items() if name != button["name"]}
        pairs = _filled(form, fields)
        action = form.action
        if button is not None:
            assert "disabled" not in button.attrs, f"the button {what!r} is disabled"
            pairs += [(button["name"], button["value"])] if button["name"] else []
            action = button["formaction"] or action
        url = urljoin(page.url, action or page.url)
        policy = page.headers.get("content-security-policy", "")
        if form.method == "GET":
            url = url.partition("?")[0] + "?" + urlencode(pairs)
            return self._navigate("GET", url, source=page.url, stop=stop, policy=policy)
        return self._navigate(
            "POST", url, body=encoded(pairs), source=page.url, stop=stop, policy=policy
        )

    def press(self, what: str, /, *, stop: Stop = "", **fields: str) -> Page:
        """`submit` on the page that is open."""
        return self.submit(self._open(), what, stop=stop, **fields)

    def reload(self) -> Page:
        """The open page once more; a form is not sent again."""
        return self.get(self._open().url)

    def cookie(self, name: str) -> Kept | None:
        """By its name, with or without a `__Host-` before it, of the app's own host."""
        host = urlsplit(self.home).hostname
        found = (c for c in self.jar.kept.values() if c.host == host)
        return next((c for c in found if c.name.removeprefix("__Host-") == name), None)

    # How it is done

    def _open(self) -> Page:
        assert self.page is not None, "no page is open"
        return self.page

    def _navigate(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        source: str = "",
        stop: Stop = "",
        policy: str = "",
        content_type: str = FORM,
    ) -> Page:
        chain: list[str] = []
        url = urldefrag(urljoin(self.home + "/", url)).url
        for _ in range(MAX_REDIRECTS):
            if policy:
                hold_to_form_action(policy, source, url)
            chain.append(url)
            page = self._ask(method, url, body, source, chain, content_type)
            self.page = page
            if not page.location or _is_stop(page.location, stop):
                return page
            if page.status in (301, 302, 303):
                method, body = "GET", b""
            url = urldefrag(page.location).url
        raise Blocked(f"too many redirects: {chain}")

    def _ask(
        self,
        method: str,
        url: str,
        body: bytes,
        source: str,
        chain: list[str],
        content_type: str,
    ) -> Page:
        site = fetch_site(source, chain)
        near = site != "cross-site"
        cookies = self.jar.give(url, self._now(), same_site=near, safe=method == "GET")
        headers = {
            "Host": urlsplit(url).netloc,
            "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
            "Accept-Language": self.language,
            "User-Agent": "Visitor",
            "Sec-Fetch-Site": site,
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document",
            "Sec-Fetch-User": "?1",
            **({"Cookie": "; ".join(f"{c.name}={c.value}" for c in cookies)} if cookies else {}),
        }
        if method != "GET":
            headers |= {
                "Origin": told_origin(source, chain),
                "Content-Type": content_type,
                "Content-Length": str(len(body)),
            }
        if source and origin(source) == origin(url):
            headers["Referer"] = source
        return self._keep(method, url, headers, body, self._send(method, url, headers, body))

    def _keep(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, sent: Sent
    ) -> Page:
        set_cookies = tuple(v for n, v in sent.headers if n.lower() == "set-cookie")
        for header in set_cookies:
            self.jar.take(url, header, self._now())
        page = Page(
            method,
            url,
            sent.status,
            {n.lower(): v for n, v in sent.headers if n.lower() != "set-cookie"},
            sent.body.decode("utf-8", "replace"),
            sent.ours,
            set_cookies,
            headers,
            body,
        )
        self.history.append(page)
        self.look_at(page)
        return page

    def look_at(self, page: Page) -> None:
        """Told of every answer; for those who ask something of each."""


def _is_stop(url: str, stop: Stop) -> bool:
    return any(part in url for part in ((stop,) if isinstance(stop, str) else stop) if part)


def encoded(fields: Fields) -> bytes:
    pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
    return urlencode(pairs).encode()


def _filled(form: Form, fields: Mapping[str, str]) -> list[tuple[str, str]]:
    kept = [(name, value) for name, value in form.values() if name not in fields]
    boxes = {e["name"] for e in form.element.all("input", type="checkbox")}
    given = [(name, text) for name, text in fields.items() if text or name not in boxes]
    return kept + given


def _meant(form: Form, fields: Mapping[str, str]) -> Element | None:
    """The button whose value is among the fields, else the first one."""
    named = (b for b in form.buttons if b["name"] and fields.get(b["name"]) == b["value"])
    return next(named, None) or next(iter(form.buttons), None)
