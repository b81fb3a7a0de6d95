"""A file for spreadsheets: its values are read back unchanged, and never as a formula."""

from __future__ import annotations

import csv
import io
import re

import pytest

from server.reports.sheet import BYTE_ORDER_MARK, MARKS, Cell, Reader, runs, sheet

ROWS: list[tuple[Cell, ...]] = [('CSRéf "A"; Kayes, rive', 3, 0.5, None), ("Ségou\tnord\nbis", -4, 2.0, None)]
# Each makes a spreadsheet calculate; whatever stands before it is skipped by one program or another.
SIGNS = [
    "=1+1",
    "+33",
    "-2",
    "@SUM(A1)",
    "＝1+1",
    "＋33",
    "﹣2",
    "－2",
    "＠SUM(A1)",
    "⁼1",
    "₊3",
    "−2",
    "–2",
    "﬩3",
    "|cmd",
]
BEFORE = [
    "", " ", "\u00a0", "\u3000", "\t", "\r", "\n", "\r\n ", "\u200b", "\ufeff", "\u202e", "\u2028", "\0", "\x1f",
    "'", '"', "« ", "“", "\u00ad", "\u0301", "\ufe0f",
]  # fmt: skip


def read(text: str, separator: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline=""), delimiter=separator))


@pytest.mark.parametrize(("reader", "half"), [(Reader.FRENCH, "0,5"), (Reader.ENGLISH, "0.5")])
def test_a_sheet_is_read_back_whole(reader: Reader, half: str) -> None:
    text = sheet(("site", "n", "share", "none"), ROWS, reader)
    assert text.startswith(BYTE_ORDER_MARK)
    assert read(text, MARKS[reader].separator) == [
        ["site", "n", "share", "none"],
        ['CSRéf "A"; Kayes, rive', "3", half, ""],
        ["Ségou\tnord\nbis", "-4", "2", ""],
    ]


@pytest.mark.parametrize("reader", Reader)
def test_columns_stay_where_a_program_takes_every_separator_for_one(reader: Reader) -> None:
    """LibreOffice proposes tab, comma and semicolon all at once; what is in quotes stays together."""
    text = sheet(("site", "n", "share", "none"), ROWS, reader).removeprefix(BYTE_ORDER_MARK)
    outside = re.sub(r'"(?:[^"]|"")*"', "", text)
    assert set(outside) - set("0123456789-\r\n") == {MARKS[reader].separator}
    assert {line.count(MARKS[reader].separator) for line in outside.split("\r\n")[:-1]} == {3}


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("sign", SIGNS)
def test_a_name_is_never_a_formula(before: str, sign: str) -> None:
    name = before + sign
    cell = read(sheet(("site",), [(name,)]), ";")[1][0]
    assert cell == f"'{name}"


@pytest.mark.parametrize(
    "name", ["CSRéf de Kayes", "Poste 1", "2025/0412", "N'Diaye", "(1)", "ߞߊߟߏ", "", "1-2", "A=B"]
)
def test_other_names_are_left_as_they_are(name: str) -> None:
    assert not runs(name)
    assert read(sheet(("site", "x"), [(name, "x")]), ";")[1][0] == name
