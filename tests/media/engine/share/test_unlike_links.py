"""A group of four with one thin link: real pictures, as large as each link carries, and a leg that gets none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count

from benchmarks.peers.video_source import Camera, SourceEncoder
from media.core.parameters import AudioSend, VideoSend
from media.core.rtp import Codec, vp8_payloads
from tests.media.engine.copies.test_copystream import fix_estimate, the_copy
from tests.support.leg_client import Client, Relay, relay, until

PLAIN_LINES = 480
WIDE_BPS = 2_000_000.0
# Two voices as they are shaped for it leave room for a small picture.
THIN_BPS = 64_000.0
# They leave it none.
BARE_BPS = 38_000.0
NAMES = ("publisher", "thin", "wide", "wider")
TURN_S = 0.02
START_CODE = b"\x9d\x01\x2a"


class Picture:
    """One encoder of a page, which makes what it is asked for."""

    def __init__(self) -> None:
        self.keyframe = True
        self.frame_s = 1.0
        self._asked: VideoSend | None = None
        self._numbers: Iterator[int] = count()
        self._next_s = 0.0

    def wants_keyframe(self) -> None:
        self.keyframe = True

    def payloads(self, asked: VideoSend, now_s: float) -> list[bytes]:
        """The next frame, if it is due, as payloads of packets."""
        if not asked.active or now_s < self._next_s:
            return []
        if asked != self._asked:
            self._make(asked)
        self._next_s = now_s + self.frame_s
        (frame,) = self._encoder.encode(self._camera.picture(), keyframe=self.keyframe)
        self.keyframe = False
        return list(vp8_payloads(frame, next(self._numbers)))

    def _make(self, asked: VideoSend) -> None:
        lines = min(PLAIN_LINES, 2 * round(PLAIN_LINES / asked.scale_resolution_down_by / 2))
        framerate = max(1, round(asked.max_framerate))
        width = 2 * round(lines * 2 / 3)
        self._camera = Camera(width, lines)
        self._encoder = SourceEncoder(
            Codec.VP8, width, lines, framerate=framerate, bitrate_bps=asked.max_bitrate_bps
        )
        self._asked, self.frame_s, self.keyframe = asked, 1 / framerate, True


class Page(Client):
    """A page of a group: talks without a pause in the voice it is asked for, and films."""

    def __init__(self, *, low: bool) -> None:
        super().__init__(slots=7, low=low)
        self.large, self.small = Picture(), Picture()
        self.on_keyframe_wanted = self.large.wants_keyframe
        self.on_low_keyframe_wanted = self.small.wants_keyframe
        self._voice_s = 0.0

    def turn(self, running: Relay, name: str) -> None:
        asked, now_s = running.heard.parameters.get(name), time.monotonic()
        if asked is None:
            return
        self._talk(asked.audio, now_s)
        if name != "publisher":
            return
        *first, last = self.large.payloads(asked.video, now_s) or [b""]
        for payload in first:
            self.send_video(payload, last=False)
        if last:
            self.send_video(last, seconds=self.large.frame_s)
        if self.low is not None:
            # A small frame may be of two packets; the last has the marker.
            *first, last = self.small.payloads(asked.low, now_s) or [b""]
            for payload in first:
                self.send_rtp(self.low.packet(payload, now_s, marker=False))
            if last:
                self.send_low(last, seconds=self.small.frame_s)

    def _talk(self, asked: AudioSend, now_s: float) -> None:
        if asked.active and now_s >= self._voice_s:
            seconds = asked.ptime_ms / 1000
            # Exactly in time: a voice that falls behind its own clock looks like a queue.
            self._voice_s = (self._voice_s or now_s) + seconds
            self.send_audio(bytes(asked.max_bitrate_bps * asked.ptime_ms // 8_000), seconds=seconds)


@asynccontextmanager
async def group(running: Relay, thin_bps: float, *, low: bool = True) -> AsyncIterator[dict[str, Page]]:
    """Four who all talk, one of whom films."""
    pages = {name: Page(low=low) for name in NAMES}
    for name, page in pages.items():
        await running.connect(name, page)
    for name in NAMES:
        running.engine.join("room", name)
        fix_estimate(running, name, thin_bps if name == "thin" else WIDE_BPS)
    # The delays of a busy machine are not a queue of the link.
    running.control("publisher").uplink.queue_ms = lambda: 0.0  # type: ignore[method-assign]
    running.engine.sending_reported("publisher", available_bps=2_000_000, limited_by="none")

    async def live() -> None:
        while True:
            for name, page in pages.items():
                page.turn(running, name)
            await asyncio.sleep(TURN_S)

    task = asyncio.create_task(live())
    try:
        yield pages
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def width(page: Page) -> int:
    """Of the newest keyframe: RFC 6386 section 9.1, 14 bits after the start code."""
    for packet in reversed(page.packets):
        at = packet.payload.find(START_CODE, 0, 20) if packet.kind == "video" else -1
        if at >= 0:
            return int.from_bytes(packet.payload[at + 3 : at + 5], "little") & 0x3FFF
    return 0


def shown_to(running: Relay, viewer: str) -> object:
    (slot,) = [slot for slot in running.member(viewer).downlink.slots if slot.source_leg_id == "publisher"]
    return slot.video.source


async def test_a_thin_leg_gets_the_small_picture_while_wide_ones_get_the_large() -> None:
    async with relay() as running, group(running, THIN_BPS) as pages:
        await until(lambda: all(width(pages[name]) >= 320 for name in ("wide", "wider")))
        await until(lambda: width(pages["thin"]) == 160)
        uplink = running.member("publisher").uplink
        assert shown_to(running, "thin") is uplink.low
        assert shown_to(running, "wide") is shown_to(running, "wider") is uplink.video
        assert the_copy(running, "publisher") is None


async def test_a_leg_without_room_for_a_picture_keeps_the_voices_and_limits_nobody() -> None:
    async with relay() as running, group(running, BARE_BPS) as pages:
        await until(lambda: all(width(pages[name]) >= 320 for name in ("wide", "wider")))
        assert shown_to(running, "thin") is None
        mark = len(pages["thin"].packets)
        await until(lambda: sum(one.kind == "audio" for one in pages["thin"].packets[mark:]) > 10)
        assert all(one.kind == "audio" for one in pages["thin"].packets[mark:])
        report = running.heard.rungs["thin"]
        assert report.down.value.startswith("voice"), report


async def test_a_leg_that_was_left_out_is_shown_the_picture_when_its_link_has_room() -> None:
    async with relay() as running, group(running, BARE_BPS, low=False) as pages:
        await until(lambda: shown_to(running, "thin") is None)
        fix_estimate(running, "thin", WIDE_BPS)
        mark = len(pages["thin"].packets)
        await until(lambda: any(one.kind == "video" for one in pages["thin"].packets[mark:]))
