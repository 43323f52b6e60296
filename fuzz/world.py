"""A world at work, with who may come to the pages: what they ask, and what was stored for it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from sandbox.browser.errands import Errands
from sandbox.memory_tables import MemoryTables, Operation
from shared.storage import schema
from shared.web.session import COOKIE
from tests.journeys.stage import Stage
from tests.pages.visitor import Page, Visitor

PROVIDERS = ("https://webexapis.com/", "https://login.microsoftonline.com/")
# Would be an element of the page if it stood there as it is.
MARK = "<i id='injected'>\"&"
_SECONDS_APART = 0.05
# What a signed-in administrator must be led to, and nobody else.
_FOR_ADMINISTRATORS = "/credentials"
_ONCE = "Once"


class Rows(MemoryTables):
    """written: table, partition and key of every row that was written or removed, in order; but
    for the number that a table gets when it is made."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[tuple[str, str, str]] = []

    def write(self, table: str, operations: Sequence[Operation]) -> list[dict[str, str]]:
        done = super().write(table, operations)
        keys = [(e["PartitionKey"], e["RowKey"]) for _, e, _ in operations]
        self.written += [(table, *key) for key in keys if key != (schema.PARTITION, schema.KEY)]
        return done


class World:
    """A team, its group, and three browsers.

    nobody: a stranger's, who has no session and no hand-over link. guest: of whoever gets such
    links. admin: the full administrator's.
    """

    def __init__(self) -> None:
        self.rows = Rows()
        self.stage = stage = Stage(self.rows)
        for named in (stage.admin, stage.officer):
            named.name = MARK + named.name
        stage.tenant.name = MARK + stage.tenant.name
        stage.turn_on()
        ada, nils = stage.person(f"{MARK}Ada"), stage.person(f"{MARK}Nils", mapped=False)
        self.team = stage.team(ada, [nils], f"{MARK}X")
        stage.run(60)
        self.nobody, self.guest, self.admin = (Visitor(stage) for _ in range(3))

    def comes(self, visitor: Visitor) -> Visitor:
        """A moment later. The administrator is signed in; what was asked before is forgotten."""
        self.stage.clock.advance(_SECONDS_APART)
        if visitor is self.admin and visitor.cookie(COOKIE) is None:
            Errands(visitor).sign_in(self.stage.admin.email)
        visitor.history.clear()
        return visitor

    def begin(self, visitor: Visitor) -> None:
        """What is stored and answered from now on is for what is asked next."""
        visitor.history.clear()
        self.rows.written.clear()

    def make_link(self, step: str) -> str:
        """The path of a new hand-over link."""
        return urlsplit(Errands(self.comes(self.admin)).make_link(step)).path

    def is_signed_in(self, visitor: Visitor) -> bool:
        """Whether what this browser keeps is taken for a session. Asks for a page."""
        if visitor.cookie(COOKIE) is None:
            return False
        return visitor.get(_FOR_ADMINISTRATORS, stop=PROVIDERS).path == _FOR_ADMINISTRATORS

    def assert_left_alone(self, stranger: Visitor) -> None:
        """Nothing was stored for a stranger, and nothing lets the browser in from now on."""
        assert not self.rows.written, self.rows.written
        assert not self.is_signed_in(stranger), [page.set_cookies for page in stranger.history]

    def assert_nothing_kept(self, *, spent: bool) -> None:
        """Nothing of what an answer brought. spent: the state that was given out may be noted."""
        # When Webex was last asked about the role.
        harmless = ("session-", "state-") if spent else ("session-",)
        kept = [w for w in self.rows.written if w[0] != _ONCE or not w[2].startswith(harmless)]
        assert not kept, kept


def assert_answers(visitor: Visitor) -> None:
    """Of every answer on the way; the visitor has asked for the headers already."""
    for each in visitor.history:
        assert each.status < 500, each
        assert "Traceback" not in each.body, each
        if each.ours:
            _assert_nothing_reflected(each)
            _assert_leads_nowhere_else(each)


def _assert_nothing_reflected(page: Page) -> None:
    assert not any("x=1" in cookie for cookie in page.set_cookies), page
    if page.headers.get("content-type", "").startswith("text/html"):
        assert "<i id=" not in page.body, page
        assert not page.document.root.all(id="injected"), page


def _assert_leads_nowhere_else(page: Page) -> None:
    to = page.headers.get("location", "")
    assert not any(c in to for c in "\r\n\\"), page
    if urlsplit(to).netloc or to.startswith("//"):
        assert to.startswith(PROVIDERS), page
        assert page.method == "POST" or _may_lead_out(page), page


def _may_lead_out(page: Page) -> bool:
    """Only what says so leads to a provider. Where Webex does not know every scope it is asked once
    more for fewer."""
    again = page.path == "/authorize/webex/credential" and "error=invalid_scope" in page.url
    return again or page.path.startswith("/authorize/microsoft/")
