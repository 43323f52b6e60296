"""Tables as CSV for spreadsheets: UTF-8 that they recognize, and no cell that they would run.

Sources: RFC 4180; https://owasp.org/www-community/attacks/CSV_Injection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

MEDIA = "text/csv; charset=utf-8"
_MARK = b"\xef\xbb\xbf"
# A cell that begins so is a formula to a spreadsheet, behind spaces too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Where the list separator is another one than a comma, as in Swedish, a cell may begin within ours.
_WITHIN = re.compile(r"""([;\t\r\n][ "]*)(?=[=+\-@＝＋－＠])""")
_QUOTED = re.compile(r'[,;"\t\r\n]')
_ROWS = 500


def sheet(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """The file in pieces, some hundred rows each."""
    yield _MARK
    lines = chain((_line(head),), (_line([harmless(cell) for cell in row]) for row in rows))
    while some := list(islice(lines, _ROWS)):
        yield "".join(some).encode("utf-8", "replace")


def harmless(cell: str) -> str:
    """A text that no spreadsheet takes for a formula, whatever it takes for the end of a cell."""
    inside = _WITHIN.sub(r"\1'", cell)
    return f"'{inside}" if cell.lstrip(" ").startswith(_FORMULA) else inside


def _line(cells: Iterable[str]) -> str:
    """Cells are quoted for semicolons and tabs as well, which the standard library would not."""
    return ",".join(map(_quoted, cells)) + "\r\n"


def _quoted(cell: str) -> str:
    if not _QUOTED.search(cell):
        return cell
    return '"' + cell.replace('"', '""') + '"'
