"""The plots of the matrix: the results of each system over the rate of the link.

Owns: three plots, as PNG and SVG. Each system has its own colour, marker and line style, so that the curves
differ in print and for people with colour blindness.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.lab.emulator.links import SYMMETRIC_RTT_MS, rate_kbps
from benchmarks.lab.readings.table import Cell

# Okabe and Ito's colours, which differ for every common kind of colour vision.
STYLES = {
    "keneya": ("#0072B2", "o", "-"),
    "p2p": ("#D55E00", "s", "--"),
    "janus": ("#009E73", "^", "-."),
    "mediarelay": ("#666666", "D", ":"),
}
SIZE_INCHES = (6.4, 4.0)
DPI = 160


@dataclass(frozen=True)
class Plot:
    """One plot: file name, labels, and the function that reads its value from a cell."""

    name: str
    title: str
    unit: str
    value: Callable[[Cell], float]


PLOTS = (
    Plot(
        "hidden",
        "Concealed voice, the worse side",
        "hidden audio, %",
        lambda cell: 100 * max(cell["station"]["hidden_ratio"], cell["clinician"]["hidden_ratio"]),
    ),
    Plot(
        "fps",
        "Frames a second, the worse side",
        "frames/s",
        lambda cell: min(cell["station"]["video_fps"], cell["clinician"]["video_fps"]),
    ),
    Plot(
        "queue",
        "Standing queue, 95th percentile, the worse direction",
        "ms",
        lambda cell: max(cell["down"]["queue_ms_p95"], cell["up"]["queue_ms_p95"]),
    ),
)


def draw(cells: Mapping[tuple[str, str], Cell], systems: Sequence[str], directory: Path) -> list[Path]:
    """Draw every plot that has a cell on a symmetric link; returns the files."""
    rates = sorted({rate for link, _ in cells if (rate := rate_kbps(link)) is not None})
    if not rates:
        return []
    paths = []
    for plot in PLOTS:
        figure = _figure(plot, cells, systems, rates)
        for suffix in ("png", "svg"):
            paths.append(directory / f"{plot.name}.{suffix}")
            # Without a date and a random salt, the same numbers give the same bytes.
            with mpl.rc_context({"svg.hashsalt": plot.name}):
                metadata = {"Date": None} if suffix == "svg" else {"Software": None}
                figure.savefig(paths[-1], dpi=DPI, metadata=metadata)
    return paths


def _figure(
    plot: Plot, cells: Mapping[tuple[str, str], Cell], systems: Sequence[str], rates: Sequence[int]
) -> Figure:
    figure = Figure(figsize=SIZE_INCHES, layout="constrained")
    axes = figure.subplots()
    for system in systems:
        points = [
            (rate, plot.value(cell))
            for rate in rates
            if (cell := cells.get((str(rate), system))) is not None and "error" not in cell
        ]
        if points:
            colour, marker, line = STYLES[system]
            axes.plot(*zip(*points, strict=True), color=colour, marker=marker, linestyle=line, label=system)
    axes.set_xscale("log", base=2)
    axes.set_xticks(rates, [str(rate) for rate in rates])
    axes.set_ylim(bottom=0)
    axes.set_xlabel(f"kbit/s each way (round trip {SYMMETRIC_RTT_MS} ms)")
    axes.set_ylabel(plot.unit)
    axes.set_title(plot.title, fontsize="medium")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    return figure
