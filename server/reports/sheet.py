"""The table of a report as a file for a spreadsheet program.

Owns: the format: RFC 4180 behind a byte order mark, without which programs do not recognise UTF-8; semicolons and
decimal commas for French programs, commas and decimal points for English ones. Pure. Must never write a cell that
begins a formula: people type the names of sites and stations (OWASP, CSV injection).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

Cell = str | int | float | None

BYTE_ORDER_MARK = "\ufeff"
# What makes a spreadsheet calculate; every foreign form of these is one of them in NFKC, or a dash.
_BEGINS_A_FORMULA = frozenset("=+-@|\u2212")
# Before they look for a sign, programs skip blanks, control characters, marks nobody sees, and quotation marks.
_SKIPPED = ("Z", "C", "M", "Pi", "Pf")
_QUOTES = frozenset("'\"`\u00b4")


class Reader(StrEnum):
    """The language of the spreadsheet program."""

    FRENCH = "fr"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands between cells, and in a number."""

    separator: str
    decimal: str


MARKS = {Reader.FRENCH: Marks(";", ","), Reader.ENGLISH: Marks(",", ".")}


def sheet(heads: Sequence[str], rows: Iterable[Sequence[Cell]], reader: Reader = Reader.FRENCH) -> str:
    """The whole file. None is an empty cell."""
    marks = MARKS[reader]
    lines = (marks.separator.join(_cell(cell, marks) for cell in line) + "\r\n" for line in (heads, *rows))
    return BYTE_ORDER_MARK + "".join(lines)


def _cell(cell: Cell, marks: Marks) -> str:
    if cell is None:
        return ""
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        return _quoted(f"{cell:.3f}".rstrip("0").rstrip(".").replace(".", marks.decimal))
    return _quoted(f"'{cell}" if runs(cell) else cell)


def runs(text: str) -> bool:
    """Whether a spreadsheet program would calculate this text, or could take it for a formula."""
    for char in text:
        if char in _QUOTES or unicodedata.category(char).startswith(_SKIPPED):
            continue
        sign = unicodedata.normalize("NFKC", char)[:1]
        return sign in _BEGINS_A_FORMULA or unicodedata.category(char) == "Pd"
    return bool(text) and text[0] in "\t\r\n"


def _quoted(text: str) -> str:
    """Always in quotes: a program that takes another separator as well still finds the same columns."""
    return '"' + text.replace('"', '""') + '"'
