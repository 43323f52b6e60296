"""CSV that spreadsheets read as it is meant, and run nothing of."""

from __future__ import annotations

import csv
import io

import pytest

from shared.core.sheets import harmless, sheet


def read(pieces: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(pieces.decode("utf-8-sig"))))


@pytest.mark.parametrize("text", ["=1+1", "+46", "-1", "@SUM(A1)", "\tx", "\rx", "  =x", "＝x"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x;=1+1", "x;'=1+1"),
        ("x; =1", "x; '=1"),
        ('x;"=1', "x;\"'=1"),
        ("x\t@SUM(A1)", "x\t'@SUM(A1)"),
        ("x\n-1", "x\n'-1"),
        ("x;＝1;+2", "x;'＝1;'+2"),
        ("=1;=2", "'=1;'=2"),
        (";=1", ";'=1"),
        ("x;;=1", "x;;'=1"),
        ("\r=x", "'\r'=x"),
        ("x;'=1", "x;'=1"),
    ],
)
def test_no_cell_is_one_where_a_semicolon_parts_cells(text: str, told: str) -> None:
    """As in Swedish: there a file of commas is one column until somebody chooses."""
    assert harmless(text) == told


def test_no_formula_stands_at_the_beginning_of_a_cell_however_the_file_is_cut() -> None:
    texts = ["x;=1+1", 'a"";=1', "x\t=1", "x\n=1", "=1", "x;y", 'x;"";=1']
    raw = b"".join(sheet(["n", "m"], [[text, text] for text in texts])).decode("utf-8-sig")

    assert '"x;y"' in raw
    assert read(raw.encode())[1:] == [[harmless(t)] * 2 for t in texts]
    for delimiter in (";", "\t", ","):
        for row in csv.reader(io.StringIO(raw), delimiter=delimiter):
            assert not [c for c in row if c.lstrip(' "').startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("text", ["", "Åsa = 1", "a-b", "x@example.com", "'=1", "a;b", "a;b=1"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_a_sheet_is_utf_8_that_spreadsheets_recognize() -> None:
    rows = [['Åsa, "the" boss', "=cmd()"], ["two\nlines", "\ud800"]]

    raw = b"".join(sheet(["name", "id"], rows))

    assert raw.startswith(b"\xef\xbb\xbf")
    assert read(raw) == [
        ["name", "id"],
        ['Åsa, "the" boss', "'=cmd()"],
        ["two\nlines", "?"],
    ]


def test_a_long_sheet_comes_in_pieces() -> None:
    made = list(sheet(["n"], ([str(n)] for n in range(1_700))))

    assert len(made) == 5
    assert len(read(b"".join(made))) == 1_701
