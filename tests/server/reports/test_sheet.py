"""A file for spreadsheets: its values are read back unchanged, and never as a formula."""

from __future__ import annotations

import csv
import io

import pytest

from server.reports.sheet import BYTE_ORDER_MARK, sheet


def test_a_sheet_is_read_back_whole() -> None:
    text = sheet(
        ("site", "n", "share", "none"), [('CSRéf "A"; Kayes', 3, 0.5, None), ("Ségou", -4, 2.0, None)]
    )
    assert text.startswith(BYTE_ORDER_MARK)
    rows = list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK)), delimiter=";"))
    assert rows == [
        ["site", "n", "share", "none"],
        ['CSRéf "A"; Kayes', "3", "0,5", ""],
        ["Ségou", "-4", "2", ""],
    ]


@pytest.mark.parametrize("name", ["=1+1", "+33", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_name_is_never_a_formula(name: str) -> None:
    text = sheet(("site",), [(name,)])
    (cell,) = list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline=""), delimiter=";"))[1]
    assert cell == f"'{name}"
