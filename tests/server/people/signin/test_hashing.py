"""Whose password is checked next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from server.people.errors import TooBusy
from server.people.signin.hashing import (
    MAX_STRANGERS_WAITING,
    MAX_WAITING,
    MAX_WAITING_PER_NETWORK,
    Hasher,
    Queue,
)

NETWORK = "203.0.113.0/24"


@pytest.fixture
async def hasher() -> AsyncIterator[Hasher]:
    made = Hasher()
    yield made
    made.close()


async def test_a_flood_of_one_network_leaves_people_who_are_known_their_turn(hasher: Hasher) -> None:
    flood = [asyncio.create_task(hasher.verify_password(None, "x", NETWORK)) for _ in range(200)]
    await asyncio.sleep(0)
    stored = await hasher.hash_password("right")
    assert await hasher.verify_password(stored, "right")
    assert await hasher.verify_password(stored, "right", "198.51.100.0/24")
    answers = await asyncio.gather(*flood, return_exceptions=True)
    assert sum(isinstance(one, TooBusy) for one in answers) >= 200 - MAX_WAITING_PER_NETWORK


async def test_known_people_go_before_strangers_who_came_first() -> None:
    queue, order = Queue(), []

    async def compute(name: str, network: str = "") -> None:
        await queue.turn(network)
        order.append(name)
        await asyncio.sleep(0.001)
        queue.done(network)

    strangers = [compute(f"stranger {n}", f"198.51.{n}.0/24") for n in range(3)]
    await asyncio.gather(*strangers, *(compute(f"known {n}") for n in range(3)))
    assert order[0] == "stranger 0"
    assert set(order[1:4]) == {"known 0", "known 1", "known 2"}


async def test_what_waits_is_bounded_for_each_kind() -> None:
    queue = Queue()
    waiting = [asyncio.create_task(queue.turn(f"198.51.{n}.0/24")) for n in range(100)]
    waiting += [asyncio.create_task(queue.turn("")) for _ in range(100)]
    await asyncio.sleep(0)
    refused = [one for one in waiting if one.done() and one.exception()]
    assert len(refused) == 200 - (1 + MAX_STRANGERS_WAITING) - (1 + MAX_WAITING)
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_who_goes_away_while_waiting_takes_nobodys_turn() -> None:
    queue = Queue()
    for _ in range(50):
        waiting = [asyncio.create_task(queue.turn(NETWORK)) for _ in range(MAX_WAITING_PER_NETWORK)]
        await asyncio.sleep(0)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        if not waiting[0].cancelled():
            queue.done(NETWORK)
    await asyncio.wait_for(queue.turn(NETWORK), 1)
