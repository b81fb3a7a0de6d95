"""A publisher that sends its picture twice: each leg gets the size that fits; a thin uplink sends one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

from tests.media.engine.copies.test_copystream import fix_estimate, the_copy
from tests.support.leg_client import DELTA_FRAME, KEYFRAME, Client, Relay, relay, until

FRAMES_PER_S = 20
# Two voices with redundancy leave the thin link 80 kbit/s.
RICH_BPS, THIN_BPS = 900_000.0, 160_000.0
WIDE_UP_BPS, NARROW_UP_BPS = 2_000_000, 150_000
LARGE, SMALL = b"large", b"small"


class TwoPictures(Client):
    """A camera that sends what it is asked for, large and small, and keyframes when asked."""

    def __init__(self, *, low: bool = True) -> None:
        super().__init__(low=low)
        self.key = {LARGE: True, SMALL: True}
        self.on_keyframe_wanted = lambda: self.key.update({LARGE: True})
        self.on_low_keyframe_wanted = lambda: self.key.update({SMALL: True})

    def _frame(self, name: bytes) -> bytes:
        first = KEYFRAME if self.key[name] else DELTA_FRAME
        self.key[name] = False
        return first + bytes(200) + name

    async def film(self, running: Relay) -> None:
        while True:
            self.send_audio(b"voice")
            asked = running.heard.parameters.get("station")
            if asked is not None and asked.video.active:
                self.send_video(self._frame(LARGE), seconds=1 / FRAMES_PER_S)
            if asked is not None and asked.low.active:
                self.send_low(self._frame(SMALL), seconds=1 / FRAMES_PER_S)
            await asyncio.sleep(1 / FRAMES_PER_S)


def report_up(running: Relay, bps: int, limited_by: str) -> None:
    running.engine.sending_reported("station", available_bps=bps, limited_by=limited_by)


@asynccontextmanager
async def filming(
    running: Relay, station: TwoPictures, *viewers: tuple[str, float]
) -> AsyncIterator[list[Client]]:
    """The station films for viewers with links of these rates."""
    await running.connect("station", station)
    clients = [await running.connect(name) for name, _ in viewers]
    for leg_id in ("station", *(name for name, _ in viewers)):
        running.engine.join("room", leg_id)
    for name, estimate_bps in viewers:
        fix_estimate(running, name, estimate_bps)
    report_up(running, WIDE_UP_BPS, "none")
    task = asyncio.create_task(station.film(running))
    try:
        yield clients
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def pictures(client: Client, since: int) -> set[bytes]:
    """Which of the two came since packet `since`."""
    return {one.payload[-5:] for one in client.packets[since:] if one.kind == "video"}


async def settled(client: Client, name: bytes) -> None:
    """From now on this picture is what comes."""

    def comes() -> bool:
        got = [one.payload[-5:] for one in client.packets if one.kind == "video"][-10:]
        return len(got) == 10 and set(got) == {name}

    await until(comes)


async def test_the_thin_leg_gets_the_small_picture_and_the_rich_one_the_large_at_its_own_rate() -> None:
    async with relay() as running:
        station = TwoPictures()
        async with filming(running, station, ("rich", RICH_BPS), ("thin", THIN_BPS)) as (rich, thin):
            await settled(thin, SMALL)
            await until(lambda: running.heard.parameters["station"].video.max_bitrate_bps > THIN_BPS)
            asked = running.heard.parameters["station"]
            assert asked.low.max_bitrate_bps < THIN_BPS
            assert pictures(rich, 0) == {LARGE}
            assert the_copy(running) is None
            numbers = thin.numbers("video")
            assert all((later - earlier) & 0xFFFF == 1 for earlier, later in pairwise(numbers))
            first = next(one.payload for one in thin.packets if one.payload[-5:] == SMALL)
            assert first.startswith(KEYFRAME), "a switch without a keyframe would show garbage"


async def test_a_publisher_whose_uplink_falls_sends_one_picture_again() -> None:
    async with relay() as running:
        station = TwoPictures()
        async with filming(running, station, ("rich", RICH_BPS), ("thin", THIN_BPS)) as (_, thin):
            await settled(thin, SMALL)
            report_up(running, NARROW_UP_BPS, "bandwidth")
            await until(lambda: not running.heard.parameters["station"].low.active)
            await until(
                lambda: (
                    running.member("thin").downlink.slots[0].video.source
                    is not running.member("station").uplink.low
                )
            )
            assert running.member("station").uplink.low not in (
                slot.video.source for slot in running.member("rich").downlink.slots
            )


async def test_a_call_of_two_and_a_page_without_the_second_line_send_one_picture() -> None:
    for low, viewers in ((True, (("thin", THIN_BPS),)), (False, (("rich", RICH_BPS), ("thin", THIN_BPS)))):
        async with relay() as running, filming(running, TwoPictures(low=low), *viewers):
            parameters = running.heard.parameters
            await until(lambda: parameters["station"].video.active)  # noqa: B023 - used in this turn only
            await asyncio.sleep(3.0)
            assert not parameters["station"].low.active


async def test_a_camera_that_is_switched_off_is_shown_in_neither_picture() -> None:
    async with relay() as running:
        station = TwoPictures()
        async with filming(running, station, ("rich", RICH_BPS), ("thin", THIN_BPS)) as (rich, thin):
            await settled(thin, SMALL)
            running.engine.set_muted("station", audio=False, video=True)
            await asyncio.sleep(1.0)
            marks = len(rich.packets), len(thin.packets)
            await asyncio.sleep(1.0)
            assert pictures(rich, marks[0]) == pictures(thin, marks[1]) == set()
