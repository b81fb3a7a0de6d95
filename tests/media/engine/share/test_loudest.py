"""Group calls on thin links: the loudest two voices in the slots they have, the others left out without a gap."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest

from media.core.parameters import Preferences
from media.core.rtp import FIXED_HEADER_BYTES
from media.engine.transport.offer import LEVEL_URI
from tests.support.leg_client import Client, Relay, relay, until

LEVEL_ID = 1
LOUD, TALK, HUSHED = 15, 30, 70
ROUND_S = 0.01
EXTENSION_WORD_BYTES = 4


class Speaker(Client):
    """A leg whose voice packets carry the level of RFC 6464."""

    def __init__(self, slots: int = 7) -> None:
        super().__init__(slots=slots)
        head, mark, rest = self.offer.partition("a=extmap:")
        self.offer = f"{head}a=extmap:{LEVEL_ID} {LEVEL_URI}\r\n{mark}{rest}"

    def say(self, payload: bytes, level: int) -> None:
        packet = self.audio.packet(payload, time.monotonic())
        self.audio.advance(0.06)
        at = FIXED_HEADER_BYTES
        number = packet[at + EXTENSION_WORD_BYTES : at + 2 * EXTENSION_WORD_BYTES - 1]
        extension = b"\xbe\xde\x00\x02" + number + bytes((LEVEL_ID << 4, level)) + bytes(3)
        self.send_rtp(packet[:at] + extension + packet[at + 2 * EXTENSION_WORD_BYTES :])


def said_by(payload: bytes) -> int:
    """Whose voice it is; with redundancy, the newest."""
    return int(payload.rsplit(b" ", 1)[1])


class Meeting:
    """People in one room, of whom the first has a thin link; packets each few milliseconds."""

    def __init__(self, running: Relay, people: list[Speaker]) -> None:
        self.running = running
        self.people = people

    async def talk(self, rounds: int, levels: dict[int, int]) -> set[int]:
        """Everybody sends; returns the numbers of the voices that the first hears in the second half."""
        listener = self.people[0]
        mark = len(listener.packets)
        for number in range(rounds):
            if number == rounds // 2:
                mark = len(listener.packets)
            for index, person in enumerate(self.people):
                person.say(b"voice of %d" % index, levels.get(index, HUSHED))
            await asyncio.sleep(ROUND_S)
        await asyncio.sleep(5 * ROUND_S)
        return {int(one.payload.rsplit(b" ", 1)[1]) for one in listener.packets[mark:] if one.kind == "audio"}


async def meeting(running: Relay, people: int) -> Meeting:
    speakers = [Speaker() for _ in range(people)]
    for index, speaker in enumerate(speakers):
        await running.connect(str(index), speaker)
        running.engine.join("room", str(index))
    return Meeting(running, speakers)


async def thin_meeting(running: Relay, people: int) -> Meeting:
    met = await meeting(running, people)
    running.engine.set_preferences("0", Preferences(save_data=True))  # 64 kbit/s: less than three voices
    await until(lambda: running.member("0").downlink.voices is not None)
    await until(lambda: running.member("1").uplink.audio.measures_level)
    return met


@pytest.mark.parametrize("people", [4, 6, 8])
async def test_a_thin_leg_hears_the_two_who_speak_and_a_rich_one_everybody(people: int) -> None:
    async with relay() as running:
        met = await thin_meeting(running, people)
        assert await met.talk(20, {1: TALK, people - 1: TALK}) == {1, people - 1}
        rich = met.people[1]
        if running.member("1").downlink.voices is None:
            heard = {said_by(one.payload) for one in rich.packets if one.kind == "audio"}
            assert heard == set(range(people)) - {1}


async def test_a_new_speaker_is_heard_in_the_own_slot_without_a_missing_number() -> None:
    async with relay() as running:
        met = await thin_meeting(running, 5)
        slots = running.heard.sources("0")
        assert await met.talk(20, {1: TALK, 2: TALK}) == {1, 2}
        # A second of silence frees the place; the next speaker takes it at once.
        assert await met.talk(220, {2: TALK, 4: TALK}) == {2, 4}
        assert await met.talk(220, {1: TALK, 2: TALK}) == {1, 2}
        listener = met.people[0]
        for slot, source in enumerate(slots):
            numbers = listener.numbers("audio", slot)
            assert all(later - earlier == 1 for earlier, later in pairwise(numbers))
            said = {said_by(payload) for payload in listener.payloads("audio", slot)}
            assert said <= {int(source)} if source is not None else not said
        assert running.heard.sources("0") == slots
        assert listener.nacked == []


async def test_three_are_never_too_many() -> None:
    async with relay() as running:
        met = await meeting(running, 3)
        running.engine.set_preferences("0", Preferences(save_data=True))
        assert await met.talk(60, {1: TALK, 2: HUSHED}) == {1, 2}
        assert running.member("0").downlink.voices is None
        assert not running.heard.parameters["1"].audio.level


async def test_levels_are_asked_for_only_while_somebody_must_choose() -> None:
    async with relay() as running:
        await thin_meeting(running, 4)
        await until(lambda: running.heard.parameters["1"].audio.level)
        running.engine.part("3")
        await until(lambda: running.member("0").downlink.voices is None)
        await until(lambda: not running.heard.parameters["1"].audio.level)
        assert not running.member("1").uplink.audio.measures_level


async def test_a_muted_voice_gives_its_place_to_a_speaker() -> None:
    async with relay() as running:
        met = await thin_meeting(running, 4)
        assert await met.talk(20, {1: TALK, 2: TALK}) == {1, 2}
        running.engine.set_muted("1", audio=True, video=False)
        assert await met.talk(20, {1: LOUD, 2: TALK, 3: TALK}) == {2, 3}


async def test_pages_without_audio_levels_are_judged_by_their_packets() -> None:
    async with relay() as running:
        for index in range(4):
            await running.connect(str(index), Client(slots=7))
            running.engine.join("room", str(index))
        running.engine.set_preferences("0", Preferences(save_data=True))
        await until(lambda: running.member("0").downlink.voices is not None)
        listener = running.clients[0]
        mark = len(listener.packets)
        for _ in range(10):
            running.clients[1].send_audio(b"dtx")
            running.clients[2].send_audio(b"a whole word of voice")
            await asyncio.sleep(ROUND_S)
        await until(lambda: len(listener.packets) >= mark + 10)
        said = {one.payload for one in listener.packets[mark:] if one.kind == "audio"}
        assert said == {b"a whole word of voice"}
