"""A report's table as a file for a spreadsheet program.

Owns: the text of it (RFC 4180 with semicolons and decimal commas, as spreadsheets in French expect it, behind a
byte order mark, without which they take UTF-8 for something else). Pure. Must never let a cell begin a formula:
names of sites and stations are typed by people (OWASP, CSV injection).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Cell = str | int | float | None

BYTE_ORDER_MARK = "\ufeff"
# What makes a spreadsheet calculate; the last two can hide one of the first four.
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NEEDS_QUOTES = (";", '"', "\n", "\r")


def sheet(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """The whole file. None is an empty cell."""
    lines = [heads, *rows]
    return BYTE_ORDER_MARK + "".join(";".join(_cell(cell) for cell in line) + "\r\n" for line in lines)


def _cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.3f}".rstrip("0").rstrip(".").replace(".", ",")
    if isinstance(cell, int):
        return str(cell)
    text = f"'{cell}" if cell.startswith(_BEGINS_A_FORMULA) else cell
    if any(mark in text for mark in _NEEDS_QUOTES):
        text = '"' + text.replace('"', '""') + '"'
    return text
