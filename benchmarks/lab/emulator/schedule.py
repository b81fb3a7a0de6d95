"""The changes of a link during a measurement: the ``--at`` options.

Owns: the syntax ``TIME:key=value,...`` (from TIME seconds on) and ``FROM..TO:key=value,...`` (only in between), and
the conditions at a given moment. PURE.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.lab.emulator.profiles import Conditions

FIELDS = {
    "down": "down_kbps",
    "up": "up_kbps",
    "rtt": "rtt_ms",
    "loss": "loss_percent",
    "queue": "queue_ms",
    "jitter": "jitter_ms",
    "burst": "burst_packets",
}


class BadSchedule(ValueError):
    """An ``--at`` option with wrong syntax; the text names the part and what is expected."""


@dataclass(frozen=True)
class Change:
    """``values`` (fields of `Conditions`) hold from ``from_s`` until ``to_s`` (None: to the end)."""

    from_s: float
    to_s: float | None
    values: dict[str, float]


@dataclass(frozen=True)
class Schedule:
    """The conditions of a link over time: a base, and changes in order; a later change overrides earlier ones."""

    base: Conditions
    changes: Sequence[Change] = ()

    def conditions_at(self, elapsed_s: float) -> Conditions:
        """The conditions ``elapsed_s`` seconds after the start."""
        conditions = self.base
        for change in self.changes:
            if change.from_s <= elapsed_s and (change.to_s is None or elapsed_s < change.to_s):
                conditions = replace(conditions, **change.values)
        return conditions

    def moments_s(self) -> list[float]:
        """When the conditions may change, in order."""
        starts = {change.from_s for change in self.changes}
        ends = {change.to_s for change in self.changes if change.to_s is not None}
        return sorted(starts | ends)


def parse_change(text: str) -> Change:
    """Read one ``--at`` option, for example ``10:down=20,up=20`` or ``30..35:down=0,up=0``.

    Raises BadSchedule.
    """
    span, colon, assignments = text.partition(":")
    if not colon or not assignments:
        raise BadSchedule(f"'{text}': expected TIME:key=value,... or FROM..TO:key=value,...")
    first, dots, last = span.partition("..")
    from_s = _number(first, text)
    to_s = _number(last, text) if dots and last else None
    if to_s is not None and to_s <= from_s:
        raise BadSchedule(f"'{text}': {last} is not after {first}")
    return Change(from_s, to_s, dict(_assignment(part, text) for part in assignments.split(",")))


def _assignment(part: str, text: str) -> tuple[str, float]:
    key, equals, value = part.partition("=")
    if not equals or key.strip() not in FIELDS:
        raise BadSchedule(f"'{text}': '{part}' is not key=value with a key of {', '.join(FIELDS)}")
    return FIELDS[key.strip()], _number(value, text)


def _number(part: str, text: str) -> float:
    try:
        number = float(part)
    except ValueError:
        raise BadSchedule(f"'{text}': '{part}' is not a number") from None
    if not 0 <= number < float("inf"):
        raise BadSchedule(f"'{text}': '{part}' is below zero or without end")
    return number
