"""The matrix as a table in Markdown. PURE.

Owns: the columns and their formats. A cell is the document of `benchmarks.call`, or ``{"error": ...}``; pairs are
"at the clinic / at the doctor".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Cell = Mapping[str, Any]
NOTHING = "–"


@dataclass(frozen=True)
class Column:
    """A heading, and the function that formats a cell for it."""

    heading: str
    text: Callable[[Cell], str]


def _number(value: float | None, digits: int) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"


def _both(key: str, digits: int = 0, factor: float = 1) -> Callable[[Cell], str]:
    def text(cell: Cell) -> str:
        values = [cell[side].get(key) for side in ("station", "clinician")]
        return " / ".join(_number(None if value is None else value * factor, digits) for value in values)

    return text


def _queue(cell: Cell) -> str:
    return " / ".join(_number(cell[way]["queue_ms_p95"], 0) for way in ("down", "up"))


def _size(cell: Cell) -> str:
    sides = (cell["station"], cell["clinician"])
    return " / ".join(str(side["video_width"]) if side["video_fps"] else NOTHING for side in sides)


COLUMNS = (
    Column("hidden audio %", _both("hidden_ratio", 1, 100)),
    Column("longest gap ms", _both("longest_gap_ms")),
    Column("mouth to ear ms", _both("mouth_to_ear_ms")),
    Column("STOI", _both("stoi", 2)),
    Column("PESQ", _both("pesq_wb", 1)),
    Column("fps", _both("video_fps", 1)),
    Column("width", _size),
    Column("SSIM", _both("ssim", 2)),
    Column("freezes", _both("freezes")),
    Column("queue p95 ms, down / up", _queue),
    Column("MB in 15 min", lambda cell: _number(cell["data_mb_per_15min"], 1)),
    Column("server CPU s/min", lambda cell: _number(cell["server_cpu_s_per_min"], 1)),
)


def markdown(cells: Mapping[tuple[str, str], Cell], links: Sequence[str], systems: Sequence[str]) -> str:
    """One row for each measured link and system; ``cells`` by (link, system)."""
    rows = [["link", "system", *(column.heading for column in COLUMNS)]]
    rows.append(["---"] * len(rows[0]))
    for link in links:
        for system in systems:
            if (link, system) in cells:
                rows.append([link, system, *_texts(cells[link, system])])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _texts(cell: Cell) -> Iterable[str]:
    if "error" in cell:
        return ["no call", *[NOTHING] * (len(COLUMNS) - 1)]
    return [column.text(cell) for column in COLUMNS]
