"""Links that differ by less than a lower copy is for: one encoding, and each leg with the layers that fit."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from media.core.parameters import ClinicalProfile, Preferences
from media.core.share import LAYER_MODE
from tests.media.engine.copies.test_copystream import fix_estimate
from tests.support.leg_client import Client, Relay, relay, until

# VP8 payload descriptors (RFC 7741 section 4.2) of L1T3: X S, I L T, picture id, TL0PICIDX, TID and Y; then the
# first byte of a frame.
TID_AND_SYNC = (0x00, 0xA0, 0x60, 0x80)
NUMBERS = (0, 2, 1, 2)
FRAMES_PER_S = 40
# Two voices, sent with redundancy on the wide link, leave rooms of 127 and 49 kbit/s.
RICH_BPS, THIN_BPS = 210_000.0, 98_000.0

THIN_ROOM_BPS = 49_000


class Layered(Client):
    """A camera that makes three temporal layers when it is told to, and gives keyframes when asked."""

    def __init__(self) -> None:
        super().__init__()
        self.frames = 0
        self.layers = False
        self.rate_bps = 0
        self.keyframe = True
        self.on_keyframe_wanted = self._asked

    def _asked(self) -> None:
        self.keyframe = True

    async def film(self) -> None:
        while True:
            if self.keyframe:
                self.frames = (self.frames + 3) // 4 * 4
            place = self.frames % 4 if self.layers else 0
            number = NUMBERS[place]
            descriptor = bytes((0x90, 0xE0, self.frames & 0x7F, self.frames // 4 & 0xFF, TID_AND_SYNC[place]))
            first = b"\x00" if self.keyframe else b"\x01"
            self.keyframe = False
            filling = bytes(self.rate_bps // FRAMES_PER_S // 16)
            self.send_video(descriptor + first + filling + b"%d" % number, last=False)
            self.send_video(descriptor + filling + b"%d" % number, seconds=1 / FRAMES_PER_S)
            self.frames += 1
            await asyncio.sleep(1 / FRAMES_PER_S)


def layers_of(client: Client, since: int) -> set[int]:
    """Which layers came in the slot of the camera."""
    return {int(one.payload[-1:]) for one in client.packets[since:] if one.kind == "video"}


async def three(running: Relay) -> tuple[Layered, Client, Client]:
    station = Layered()
    await running.connect("station", station)
    rich, thin = await running.connect("doctor"), await running.connect("mediator")
    for leg_id in ("station", "doctor", "mediator"):
        running.engine.join("room", leg_id)
    fix_estimate(running, "doctor", RICH_BPS)
    fix_estimate(running, "mediator", THIN_BPS)
    return station, rich, thin


def obey(running: Relay, station: Layered) -> None:
    """Follow the parameters, as a page does."""
    asked = running.heard.parameters["station"].video
    station.rate_bps = asked.max_bitrate_bps
    station.layers = asked.scalability_mode == LAYER_MODE


async def test_the_thin_leg_gets_fewer_frames_of_a_picture_too_large_for_its_link() -> None:
    async with relay() as running:
        station, rich, thin = await three(running)
        filming = asyncio.create_task(station.film())
        try:

            def grown() -> bool:
                obey(running, station)
                return station.rate_bps > THIN_ROOM_BPS

            await until(lambda: obey(running, station) or station.layers)
            assert station.rate_bps <= THIN_ROOM_BPS, "before layers are seen the thin link counts"
            await until(grown)
            mark, rich_mark = len(thin.packets), len(rich.packets)
            await until(lambda: len(layers_of(rich, rich_mark)) == 3)
            await until(lambda: len(thin.packets) > mark + 20)
            # Up to a step of 60 kbit/s half of the frames fit, above it a quarter.
            assert layers_of(thin, mark + 10) in ({0}, {0, 1})
            numbers = thin.numbers("video")
            assert all((later - earlier) & 0xFFFF == 1 for earlier, later in pairwise(numbers))
            assert thin.nacked == []
        finally:
            filming.cancel()


async def test_a_doctor_who_looks_at_a_gait_gets_every_frame() -> None:
    async with relay() as running:
        station, _, _ = await three(running)
        running.engine.set_preferences("doctor", Preferences(profile=ClinicalProfile.MOTION))
        filming = asyncio.create_task(station.film())
        try:
            await until(lambda: running.heard.parameters["station"].video.active)
            await asyncio.sleep(3.0)
            assert running.heard.parameters["station"].video.scalability_mode is None
            assert running.member("mediator").downlink.slots[0].video.layers is None
        finally:
            filming.cancel()


async def test_a_call_of_two_is_never_made_in_layers() -> None:
    async with relay() as running:
        station = Layered()
        await running.connect("station", station)
        await running.connect("doctor")
        for leg_id in ("station", "doctor"):
            running.engine.join("room", leg_id)
        fix_estimate(running, "doctor", RICH_BPS)
        filming = asyncio.create_task(station.film())
        try:
            await until(lambda: running.heard.parameters["station"].video.active)
            await asyncio.sleep(3.0)
            assert running.heard.parameters["station"].video.scalability_mode is None
        finally:
            filming.cancel()
