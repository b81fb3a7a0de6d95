"""Whole calls with a lower copy: who gets it, what it is, and what happens when its worker dies."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from weakref import WeakKeyDictionary

import av
import pytest

from benchmarks.peers import sdp
from benchmarks.peers.video_source import Camera, SourceEncoder
from media.core.rtp import MARKER, Codec, Frame, FrameAssembler, vp8_payloads
from media.engine.copies.copystream import CopyStream
from tests.support.leg_client import Client, Packet, Relay, relay, until, voice_passes

FRAMERATE = 15
THIN_BPS = 80_000.0
FAT_BPS = 5_000_000.0


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule decides sooner than it does for people, who would see every change: its times are its own tests'."""
    monkeypatch.setattr("media.core.share.copyrule.ON_AFTER_MS", 500.0)
    monkeypatch.setattr("media.core.share.copyrule.OFF_AFTER_MS", 1_500.0)


class CameraClient(Client):
    """A leg that sends real VP8 without end, gives keyframes when asked, and listens to nothing else."""

    def __init__(self, bitrate_bps: int = 400_000) -> None:
        super().__init__()
        self._camera = Camera(320, 240)
        self._encoder = SourceEncoder(Codec.VP8, 320, 240, framerate=FRAMERATE, bitrate_bps=bitrate_bps)
        self._frames = 0
        self._keyframe = True
        self.on_keyframe_wanted = self._asked

    def _asked(self) -> None:
        self.keyframes_wanted += 1
        self._keyframe = True

    async def film(self) -> None:
        while True:
            (frame,) = self._encoder.encode(self._camera.picture(), keyframe=self._keyframe)
            self._keyframe = False
            self._frames += 1
            *first, last = vp8_payloads(frame, self._frames)
            for payload in first:
                self.send_video(payload, last=False)
            self.send_video(last, seconds=1 / FRAMERATE)
            await asyncio.sleep(1 / FRAMERATE)


def fix_estimate(running: Relay, leg_id: str, estimate_bps: float) -> None:
    """Fix a link's estimate, whatever feedback says: loopback would make all links alike."""
    downlink = running.member(leg_id).downlink
    downlink.estimate.on_results = lambda results, now_ms: None  # type: ignore[method-assign]
    downlink.estimate._estimate_bps = estimate_bps
    downlink.pacer.set_rate(estimate_bps, 0.0)


@asynccontextmanager
async def filming(running: Relay, camera: CameraClient, *viewers: str) -> AsyncIterator[list[Client]]:
    """The publisher "station" films in a room with `viewers`, for as long as the block lasts."""
    await running.connect("station", camera)
    clients = [await running.connect(name) for name in viewers]
    for name in ("station", *viewers):
        running.engine.join("room", name)
        fix_estimate(running, name, FAT_BPS)
    task = asyncio.create_task(camera.film())
    try:
        yield clients
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Seen:
    """The pictures of a client, in slot 0, from packet ``mark`` on; each is decoded once."""

    def __init__(self, mark: int) -> None:
        self.frames: list[Frame] = []
        self.sizes: list[tuple[int, int]] = []
        self._next = mark
        self._waiting: Packet | None = None
        self._assembler = FrameAssembler(Codec.VP8)
        self._decoder = av.CodecContext.create("libvpx", "r")

    def look(self, packets: list[Packet]) -> None:
        """Decode what has come since; a packet ends its picture when the next one is of another."""
        new, self._next = packets[self._next :], len(packets)
        for one in new:
            if (one.kind, one.slot) == ("video", 0) and not one.resent:
                if self._waiting is not None:
                    self._received(self._waiting, one.timestamp)
                self._waiting = one

    def _received(self, one: Packet, following: int) -> None:
        second = MARKER if following != one.timestamp else 0
        for frame in self._assembler.received(one.sequence_number, second, one.timestamp, one.payload, 0.0):
            self.frames.append(frame)
            # The pacer let go of the rest of some: 400 kbit/s meet an unmeasured link.
            with suppress(av.InvalidDataError):
                self.sizes += [
                    (shown.width, shown.height) for shown in self._decoder.decode(av.Packet(frame.data))
                ]


SEEN: WeakKeyDictionary[Client, dict[int, Seen]] = WeakKeyDictionary()


def seen(client: Client, mark: int = 0) -> Seen:
    """What a client has seen by now, from packet `mark` on."""
    known = SEEN.setdefault(client, {})
    if mark not in known:
        known[mark] = Seen(mark)
    known[mark].look(client.packets)
    return known[mark]


def sizes(client: Client, mark: int = 0) -> list[tuple[int, int]]:
    """Width and height of the pictures a client can decode, from packet `mark` on."""
    return seen(client, mark).sizes


def the_copy(running: Relay, publisher: str = "station") -> CopyStream | None:
    """The copy of this publisher's picture, None while nobody needs one."""
    outputs = running.member(publisher).uplink.video.outputs
    return next((out for out in outputs if isinstance(out, CopyStream)), None)


def thin_out(running: Relay, viewer: str) -> None:
    """A link so unlike the others' that the rule gives it the copy, in 160x120."""
    fix_estimate(running, viewer, THIN_BPS)


async def test_one_viewer_gets_the_copy_and_the_other_the_original() -> None:
    async with relay() as running, filming(running, CameraClient(), "thin", "fat") as (thin, fat):
        await until(lambda: len(sizes(thin)) > 2)
        mark = len(thin.packets)
        thin_out(running, "thin")
        await until(lambda: (160, 120) in sizes(thin, mark))
        assert set(sizes(fat)) == {(320, 240)}
        numbers = thin.numbers("video")
        assert numbers == [(numbers[0] + step) & 0xFFFF for step in range(len(numbers))]
        copy = the_copy(running)
        assert copy is not None
        assert copy.size == (160, 120)
        mark = len(thin.packets)
        fix_estimate(running, "thin", FAT_BPS)
        await until(lambda: (320, 240) in sizes(thin, mark))
        await until(lambda: the_copy(running) is None)


async def test_one_copy_serves_all_who_need_it_and_fits_the_thinnest() -> None:
    names = ("a", "b", "c")
    async with relay() as running, filming(running, CameraClient(), *names) as clients:
        await until(lambda: all(len(sizes(client)) > 1 for client in clients))
        marks = [len(client.packets) for client in clients]
        for name, estimate_bps in (("a", 180_000.0), ("b", 85_000.0)):
            fix_estimate(running, name, estimate_bps)
        await until(lambda: all((160, 120) in sizes(clients[i], marks[i]) for i in (0, 1)))
        copy = the_copy(running)
        assert copy is not None
        assert len(copy.stream.outputs) == 2
        fits_b_bps = copy.target.bitrate_bps
        assert fits_b_bps < 40_000
        assert fits_b_bps == min(wanted_bps(running))
        fix_estimate(running, "b", FAT_BPS)
        await until(lambda: len(copy.stream.outputs) == 1)
        await until(lambda: copy.target.bitrate_bps > fits_b_bps)
        assert [copy.target.bitrate_bps] == wanted_bps(running)
        assert set(sizes(clients[2])) == {(320, 240)}


def wanted_bps(running: Relay) -> list[int]:
    """What the link of each slot that shows a copy can carry of it."""
    slots = running.engine._lower_copies._slots.values()
    return [slot.target.bitrate_bps for slot in slots if slot.target is not None]


async def test_the_copy_runs_on_the_sources_clock() -> None:
    """Lip sync: sender reports of the copy map its timestamps to the same wall clock as the original's."""
    async with relay() as running, filming(running, CameraClient(), "thin", "fat") as (thin, fat):
        thin_out(running, "thin")
        # The copy alone: what the thin link still queued of the original has gone.
        await until(lambda: sizes(thin)[-10:] == 10 * [(160, 120)])
        await until(lambda: thin.slots[0][1].reports and fat.slots[0][1].reports)
        reports = [client.slots[0][1].reports[-1] for client in (thin, fat)]
        newest = [seen(client).frames[-1].timestamp for client in (thin, fat)]

        def wall_s(index: int) -> float:
            ticks = (newest[index] - reports[index].rtp_timestamp + 0x8000_0000) % (1 << 32) - 0x8000_0000
            return reports[index].ntp / (1 << 32) + ticks / 90_000

        # Both show moments of the same few frames; another clock would be off by hours.
        assert abs(wall_s(0) - wall_s(1)) < 3.0


async def test_a_worker_that_dies_takes_nothing_with_it() -> None:
    async with relay() as running, filming(running, CameraClient(), "thin", "fat") as (thin, fat):
        thin_out(running, "thin")
        await until(lambda: (160, 120) in sizes(thin))
        pool = running.engine._lower_copies._pool
        (pid,) = pool.pids
        os.kill(pid, signal.SIGKILL)
        await until(lambda: pool.pids != [pid])
        mark = len(fat.packets)
        await voice_passes(running.clients[0], thin)
        await until(lambda: seen(fat, mark).frames or len(fat.packets) > mark + 5)
        await until(lambda: pool.pids)
        mark = len(thin.packets)
        await until(lambda: (160, 120) in sizes(thin, mark))
        numbers = thin.numbers("video")
        assert numbers == [(numbers[0] + step) & 0xFFFF for step in range(len(numbers))]


async def test_a_camera_switched_off_is_off_in_the_copy_too_and_comes_back() -> None:
    async with relay() as running, filming(running, CameraClient(), "thin", "fat") as (thin, _):
        thin_out(running, "thin")
        await until(lambda: (160, 120) in sizes(thin))
        running.engine.set_muted("station", audio=False, video=True)
        copy = the_copy(running)
        assert copy is not None
        before = copy.counters.frames_out
        arrived = running.member("station").uplink.video.stats
        packets = arrived.packets
        await until(lambda: arrived.packets > packets + 20)
        assert copy.counters.frames_out == before
        running.engine.set_muted("station", audio=False, video=False)
        mark = len(thin.packets)
        await until(lambda: (160, 120) in sizes(thin, mark))


async def test_a_copy_ends_with_its_publisher_and_with_its_viewers() -> None:
    async with relay() as running, filming(running, CameraClient(), "thin", "fat"):
        thin_out(running, "thin")
        await until(lambda: running.engine._lower_copies._pool.pids)
        running.engine.part("thin")
        await until(lambda: the_copy(running) is None)
        running.engine.join("room", "thin")
        thin_out(running, "thin")
        await until(lambda: running.engine._lower_copies._pool.pids)
        await running.engine.close_leg("station")
        await until(lambda: not running.engine._lower_copies._pool.pids)


async def test_a_source_that_ignores_its_limit_is_copied_for_a_thin_link_only() -> None:
    """By the rule alone: the station sends 400 kbit/s whatever its limit; one viewer has room for 60."""
    async with relay() as running, filming(running, CameraClient(), "thin", "fat") as (thin, fat):
        fix_estimate(running, "thin", 90_000.0)
        await until(lambda: the_copy(running) is not None)
        mark, fat_mark = len(thin.packets), len(fat.packets)
        await until(lambda: len(sizes(thin, mark)) > 3)
        assert max(width for width, _ in sizes(thin, mark)) < 320
        await until(lambda: (320, 240) in sizes(fat, fat_mark))
        assert {one.payload_type for one in thin.packets[mark:] if one.kind == "video"} == {sdp.VP8}


async def test_a_thin_viewer_with_a_copy_no_longer_holds_the_source_down() -> None:
    async with relay() as running, filming(running, CameraClient(150_000), "thin", "fat") as (thin, fat):
        fix_estimate(running, "thin", 80_000.0)
        await until(lambda: the_copy(running) is not None)
        await until(lambda: (160, 120) in sizes(thin))
        # Two voices, shaped for it, leave 40 kbit/s of the thin link for a picture; the source is told more.
        await until(lambda: running.heard.parameters["station"].video.max_bitrate_bps > 60_000)
        assert set(sizes(fat)) == {(320, 240)}
        copy = the_copy(running)
        assert copy is not None
        assert copy.target.bitrate_bps < 40_000


async def test_the_copy_follows_its_viewers_link() -> None:
    async with relay() as running, filming(running, CameraClient(), "thin", "fat") as (thin, _):
        fix_estimate(running, "thin", 300_000.0)
        await until(lambda: (copy := the_copy(running)) is not None and copy.target.bitrate_bps > 60_000)
        await until(lambda: len(sizes(thin)) > 3)
        fix_estimate(running, "thin", 100_000.0)
        await until(lambda: (copy := the_copy(running)) is not None and copy.target.bitrate_bps < 40_000)
        mark = len(thin.packets)
        await until(lambda: (160, 120) in sizes(thin, mark))
