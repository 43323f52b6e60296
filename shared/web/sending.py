"""From a handler's answer to what goes to the browser."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from shared.config import BadSetting, Settings
from shared.web import cookies, headers
from shared.web.answers import Answer, Cookie, Data, Download, File, Page, Redirect
from shared.web.plain import Plain
from shared.web.render import Frame, render, version_of

_HTML = ("Content-Type", "text/html; charset=utf-8")
_Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Sender:
    """settings: None where they cannot be read; then there are no cookies either."""

    settings: Settings | None
    frame: Frame

    def send(self, answer: Answer, more: Iterable[Cookie] = ()) -> Plain:
        """more: cookies of the kit's; those of the answer count where both set one."""
        if isinstance(answer, Page):
            return self._page(answer, more)
        if isinstance(answer, Redirect):
            own = [("Location", answer.to), headers.KEEP_NOTHING]
            return self._plain(303, own, b"", self._set(more, answer.cookies))
        if isinstance(answer, Data):
            body = json.dumps(answer.value, ensure_ascii=False).encode("utf-8", "replace")
            own = [("Content-Type", "application/json"), headers.KEEP_NOTHING]
            return self._plain(answer.status, own, body, self._set(more, ()))
        if isinstance(answer, Download):
            return self._download(answer, more)
        return self._file(answer)

    def _page(self, page: Page, more: Iterable[Cookie]) -> Plain:
        # Without it there are no sign-ins. What tells of trouble can be told in any case.
        if self.settings and not self.settings.public_url and page.status == 200:
            raise BadSetting("PUBLIC_URL is empty: give the address under which browsers come.")
        body = render(page.template, page.facts, self.frame)
        own = [_HTML, ("Content-Language", self.frame.language), headers.KEEP_NOTHING]
        return self._plain(page.status, own, body, self._set(more, page.cookies), page.leaves)

    def _download(self, file: Download, more: Iterable[Cookie]) -> Plain:
        """The host takes an answer in one piece; what it is made of is gone as it is taken."""
        named = ("Content-Disposition", f'attachment; filename="{file.name}"')
        own = [("Content-Type", file.media), named, headers.KEEP_NOTHING]
        return self._plain(200, own, b"".join(file.pieces), self._set(more, ()))

    def _file(self, file: File) -> Plain:
        """Kept for a year where the address names this very version of it."""
        same = self.frame.query.get("v") == version_of(file.body)
        own = [("Content-Type", file.media), headers.KEEP_A_YEAR if same else headers.ASK_AGAIN]
        return self._plain(200, own, file.body, [])

    def _plain(
        self, status: int, own: _Headers, body: bytes, set_: _Headers, leaves: bool = False
    ) -> Plain:
        always = headers.security(self.settings, leaves=leaves)
        return Plain(status, (*own, *always, *set_), body)

    def _set(self, *groups: Iterable[Cookie]) -> _Headers:
        if self.settings is None:
            return []
        secure = self.settings.public_url.startswith("https:")
        each = cookies.last_of_each(cookie for group in groups for cookie in group)
        return [("Set-Cookie", cookies.set_cookie(c, secure=secure)) for c in each]
