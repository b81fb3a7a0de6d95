"""The table of a report as a file for a spreadsheet program.

Owns: the format: RFC 4180 with semicolons and decimal commas, which French spreadsheets expect, and a byte order
mark, without which they do not recognise UTF-8. Pure. Must never write a cell that begins a formula: people type
the names of sites and stations (OWASP, CSV injection).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Cell = str | int | float | None

BYTE_ORDER_MARK = "\ufeff"
# The first characters of a formula; the last two can precede one of the first four.
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NEEDS_QUOTES = (";", '"', "\n", "\r")


def sheet(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """The text of the file. None gives an empty cell."""
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
