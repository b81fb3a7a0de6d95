"""Prints the table of settings, on a terminal or as Markdown.

Owns: printing. Must never print the value of a secret, only whether it has a default.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from server.platform.settings.config import Row, table
from server.platform.settings.sources import PREFIX


def shown_default(row: Row) -> str:
    """A default as it is written in a TOML file; a dash if there is none."""
    return _shown(row.default)


def _shown(value: Any) -> str:
    if value in (None, "", ()):
        return "–"
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return str(value)


def print_table(console: Console) -> None:
    """Print every setting with rich."""
    grid = Table(title="Settings of Kɛnɛya", show_lines=True)
    for heading in ("name", "default", "unit", "meaning"):
        grid.add_column(heading, overflow="fold", no_wrap=heading == "name")
    for row in table():
        grid.add_row(row.name, shown_default(row), row.unit, row.meaning)
    console.print(grid)
    console.print(
        "Write them as name = value into a TOML file (keneya serve --config FILE), or set environment "
        f"variables {PREFIX}<NAME>, such as {PREFIX}HTTP_PORT=8443; variables win over the file."
    )


def as_markdown() -> str:
    """The same table in Markdown, for a README."""
    lines = ["| name | default | unit | meaning |", "| --- | --- | --- | --- |"]
    for row in table():
        cells = (f"`{row.name}`", shown_default(row), row.unit, row.meaning)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)
