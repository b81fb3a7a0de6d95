"""The results of the matrix in one JSON file a day, so that an interrupted run continues where it stopped.

Owns: the file. Link, system, picture and length identify a cell; the cell names the commit it was measured on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.lab.readings.table import Cell


@dataclass(frozen=True)
class Key:
    """What identifies a cell."""

    link: str
    system: str
    picture: str
    seconds: float


class Ledger:
    """The cells of one file; the file is written after every new cell."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._cells: dict[Key, dict[str, Any]] = {}
        if path.exists():
            for row in json.loads(path.read_text())["cells"]:
                self._cells[Key(**row["key"])] = row

    def has(self, key: Key, commit: str) -> bool:
        """Whether this cell holds a result of this commit; False for a failed call, which is repeated."""
        row = self._cells.get(key)
        return row is not None and row["commit"] == commit and "error" not in row["result"]

    def put(self, key: Key, commit: str, result: Mapping[str, Any]) -> None:
        """Store a result; it replaces an older one of the same cell."""
        self._cells[key] = {"key": asdict(key), "commit": commit, "result": dict(result)}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps({"cells": list(self._cells.values())}, indent=1) + "\n")
        unfinished.replace(self.path)

    def results(self, picture: str, seconds: float) -> dict[tuple[str, str], Cell]:
        """All results with one picture and length, by (link, system)."""
        return {
            (key.link, key.system): row["result"]
            for key, row in self._cells.items()
            if (key.picture, key.seconds) == (picture, seconds)
        }

    def commits(self) -> set[str]:
        """Every commit that a cell was measured on."""
        return {row["commit"] for row in self._cells.values()}


def newest_with(directory: Path, commit: str) -> Ledger | None:
    """The newest ledger of a directory that has cells of a commit."""
    for path in sorted(directory.glob("????-??-??.json"), reverse=True):
        ledger = Ledger(path)
        if commit in ledger.commits():
            return ledger
    return None
