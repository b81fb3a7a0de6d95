"""The search for the most calls finds the edge, and does not take one stall of the machine for it."""

from __future__ import annotations

import pytest

from benchmarks.peers.capacity import CLOSE_ENOUGH, most_calls


@pytest.mark.parametrize("edge", [3, 40, 100, 137, 600])
async def test_the_answer_is_just_under_the_edge(edge: int) -> None:
    async def holds(calls: int) -> bool:
        return calls <= edge

    found = await most_calls(holds, 100)
    assert edge - max(1, CLOSE_ENOUGH * edge + 1) <= found <= edge


async def test_where_no_call_gets_through_the_answer_is_none() -> None:
    async def holds(_calls: int) -> bool:
        return False

    assert await most_calls(holds, 100) == 0


async def test_a_single_stall_is_not_believed() -> None:
    stalled: set[int] = set()

    async def holds(calls: int) -> bool:
        if calls not in stalled:
            stalled.add(calls)
            return False
        return calls <= 200

    assert await most_calls(holds, 100) >= 190
