"""The search for the most calls that hold an aim, when each answer takes half a minute.

Owns: which numbers of calls are tried. Must never measure anything.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

# Upwards in steps that one sees on a plot; then the halving stops where runs differ anyway.
GROWTH = 1.25
CLOSE_ENOUGH = 0.04


async def most_calls(holds: Callable[[int], Awaitable[bool]], first: int) -> int:
    """The largest number found for which `holds`, within 4 %; 0 when not even one call does.

    `first` is tried first. A number that failed is tried once more before it is believed: one stall of the
    machine is no answer.
    """

    async def held(calls: int) -> bool:
        return await holds(calls) or await holds(calls)

    best, least_failed, calls = 0, 0, first
    while not least_failed:
        if await held(calls):
            best, calls = calls, max(calls + 1, round(calls * GROWTH))
        else:
            least_failed = calls
    while least_failed - best > max(1, CLOSE_ENOUGH * least_failed):
        calls = (best + least_failed) // 2
        if await held(calls):
            best = calls
        else:
            least_failed = calls
    return best
