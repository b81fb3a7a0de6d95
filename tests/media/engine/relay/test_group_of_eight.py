"""A full group: each of eight has a slot for each of the other seven, so every voice is forwarded."""

from __future__ import annotations

from media.engine.relay.rooms import ROOM_MAX_LEGS
from tests.support.leg_client import Client, relay, voice_passes


async def test_eight_legs_with_seven_slots_hear_each_other() -> None:
    async with relay() as running:
        names = [str(number) for number in range(ROOM_MAX_LEGS)]
        clients = {name: await running.connect(name, Client(slots=ROOM_MAX_LEGS - 1)) for name in names}
        for name in names:
            running.engine.join("room", name)
        for name in names:
            assert set(running.heard.sources(name)) == set(names) - {name}
        # The last to join is in the last slot of the first, and the first in the first slot of the last.
        await voice_passes(clients[names[-1]], clients[names[0]])
        await voice_passes(clients[names[0]], clients[names[-1]])


async def test_with_three_slots_a_fourth_participant_is_not_forwarded() -> None:
    async with relay() as running:
        names = [str(number) for number in range(5)]
        for name in names:
            await running.connect(name, Client(slots=3))
            running.engine.join("room", name)
        assert set(running.heard.sources("0")) == {"1", "2", "3"}
