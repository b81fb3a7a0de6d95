"""The search for the most calls that hold an aim, with few trials, since each takes half a minute.

Owns: the numbers of calls to try. Must never measure anything.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

# The factor of a step upwards, and the relative step at which bisection stops: below it, runs differ by chance.
GROWTH = 1.25
CLOSE_ENOUGH = 0.04


async def most_calls(holds: Callable[[int], Awaitable[bool]], first: int) -> int:
    """The largest number for which `holds`, within 4 %; 0 if one call already fails.

    The search starts at `first`. It tries a number that failed once more: one stall of the machine must not decide.
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
