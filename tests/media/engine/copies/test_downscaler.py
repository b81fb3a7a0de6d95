"""The worker processes: they work, they die, they hang, they are sent garbage, and nothing else is affected."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from benchmarks.peers.video_source import Camera, SourceEncoder
from media.core.rtp import Codec
from media.core.share import Picture, Target
from media.engine.copies import workerprocess
from media.engine.copies.downscaler import CRASHES_MAX, IN_FLIGHT_MAX, Downscaler, Outputs
from media.engine.copies.pool import COPIES_PER_WORKER, DownscalerPool
from tests.support.leg_client import until

TARGET = Target(120, 15.0, 60_000)


class Viewer:
    """Keeps what a copy reports."""

    def __init__(self) -> None:
        self.pictures: list[Picture] = []
        self.keyframe_requests = 0

    def outputs(self) -> Outputs:
        return Outputs(self.pictures.append, self._wants_keyframe)

    def _wants_keyframe(self) -> None:
        self.keyframe_requests += 1


class Source:
    """A camera with its encoder, fed to a copy frame by frame."""

    def __init__(self) -> None:
        self._camera = Camera(320, 240)
        self._encoder = SourceEncoder(Codec.VP8, 320, 240, framerate=15, bitrate_bps=400_000)
        self._moment = 0

    def feed(self, copy: Downscaler, *, keyframe: bool = False) -> int:
        (frame,) = self._encoder.encode(self._camera.picture(), keyframe=keyframe)
        self._moment += 6_000
        copy.feed(self._moment, not frame[0] & 1, frame)
        return self._moment


def of_process(pid: int, name: str) -> bytes:
    return Path(f"/proc/{pid}/{name}").read_bytes()


@asynccontextmanager
async def pool(workers: int = 1) -> AsyncIterator[DownscalerPool]:
    made = DownscalerPool(workers)
    try:
        yield made
    finally:
        await made.close()


def opened(made: DownscalerPool, viewer: Viewer, target: Target = TARGET) -> Downscaler:
    copy = made.open(Codec.VP8, target, viewer.outputs())
    assert copy is not None
    return copy


async def shows(source: Source, copy: Downscaler, viewer: Viewer) -> None:
    """A fresh keyframe and what follows come out smaller."""
    await until(lambda: copy.running)
    mark = len(viewer.pictures)
    source.feed(copy, keyframe=True)
    for _ in range(4):
        await asyncio.sleep(0.02)
        source.feed(copy)
    await until(lambda: len(viewer.pictures) > mark)


async def test_frames_go_in_and_smaller_ones_come_out_on_the_same_clock() -> None:
    async with pool() as made:
        viewer, source = Viewer(), Source()
        copy = opened(made, viewer)
        await until(lambda: copy.running)
        assert viewer.keyframe_requests == 1, "a copy begins by asking for a keyframe"
        sent = [source.feed(copy, keyframe=True)]
        for _ in range(3):
            sent.append(source.feed(copy))
        await until(lambda: copy.frames == 4)
        assert [picture.timestamp for picture in viewer.pictures] == sent
        assert {(picture.width, picture.height) for picture in viewer.pictures} == {(160, 120)}
        assert [picture.keyframe for picture in viewer.pictures] == [True, False, False, False]
        await until(lambda: copy.spent_us > 0)  # reported after the frame


async def test_a_keyframe_and_a_new_size_are_given_on_request() -> None:
    async with pool() as made:
        viewer, source = Viewer(), Source()
        copy = opened(made, viewer)
        await shows(source, copy, viewer)
        await until(lambda: copy.in_flight == 0)
        mark = len(viewer.pictures)
        copy.want_keyframe()
        source.feed(copy)
        await until(lambda: len(viewer.pictures) > mark)
        assert viewer.pictures[mark].keyframe
        copy.set_target(Target(60, 15.0, 60_000))
        source.feed(copy)
        await until(lambda: viewer.pictures[-1].height == 60)


async def test_one_worker_serves_several_copies_and_refuses_when_it_is_full() -> None:
    async with pool() as made:
        viewers = [Viewer() for _ in range(COPIES_PER_WORKER)]
        copies = [opened(made, viewer) for viewer in viewers]
        assert not made.has_room
        assert made.open(Codec.VP8, TARGET, Viewer().outputs()) is None
        for viewer, copy in zip(viewers, copies, strict=True):
            await shows(Source(), copy, viewer)
        assert len(made.pids) == 1
        copies[0].close()
        assert made.has_room


async def test_a_killed_worker_is_replaced_and_every_copy_comes_back() -> None:
    async with pool() as made:
        viewers, sources = [Viewer(), Viewer()], [Source(), Source()]
        copies = [opened(made, viewer) for viewer in viewers]
        for viewer, source, copy in zip(viewers, sources, copies, strict=True):
            await shows(source, copy, viewer)
        (pid,) = made.pids
        requests = [viewer.keyframe_requests for viewer in viewers]
        os.kill(pid, signal.SIGKILL)
        await until(lambda: not copies[0].running)
        sources[0].feed(copies[0])  # discarded, without harm
        await until(lambda: copies[0].running)
        assert made.pids != [pid]
        assert made.restarts == 1
        assert all(
            viewer.keyframe_requests > before for viewer, before in zip(viewers, requests, strict=True)
        )
        for viewer, source, copy in zip(viewers, sources, copies, strict=True):
            await shows(source, copy, viewer)


async def test_a_hanging_worker_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workerprocess, "HANG_MS", 400.0)
    async with pool() as made:
        viewer, source = Viewer(), Source()
        copy = opened(made, viewer)
        await until(lambda: copy.running)
        (pid,) = made.pids
        os.kill(pid, signal.SIGSTOP)
        source.feed(copy, keyframe=True)
        await until(lambda: made.pids and made.pids != [pid])
        monkeypatch.setattr(workerprocess, "HANG_MS", 5_000.0)
        await shows(source, copy, viewer)


async def test_a_source_that_brings_workers_down_is_left_alone_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workerprocess, "FIRST_BACK_OFF_MS", 10.0)
    async with pool() as made:
        viewer, source = Viewer(), Source()
        deadly, good = opened(made, Viewer()), opened(made, viewer)
        for _ in range(CRASHES_MAX):
            await until(lambda: deadly.running)
            (pid,) = made.pids
            os.kill(pid, signal.SIGSTOP)
            Source().feed(deadly, keyframe=True)
            os.kill(pid, signal.SIGKILL)
            await until(lambda pid=pid: made.pids and made.pids != [pid])
        assert deadly.broken
        assert not good.broken
        await shows(source, good, viewer)
        Source().feed(deadly, keyframe=True)
        assert deadly.in_flight <= 1


async def test_a_worker_that_is_behind_gets_no_more_and_then_starts_at_a_keyframe() -> None:
    async with pool() as made:
        viewer, source = Viewer(), Source()
        copy = opened(made, viewer)
        await until(lambda: copy.running)
        os.kill(made.pids[0], signal.SIGSTOP)
        requests = viewer.keyframe_requests
        source.feed(copy, keyframe=True)
        for _ in range(IN_FLIGHT_MAX + 3):
            source.feed(copy)
        assert copy.in_flight == IN_FLIGHT_MAX
        assert copy.dropped_frames == 4
        assert viewer.keyframe_requests > requests
        os.kill(made.pids[0], signal.SIGCONT)
        await until(lambda: copy.in_flight == 0)
        source.feed(copy)
        assert copy.dropped_frames == 5, "a frame that builds on a dropped one is of no use"
        await shows(source, copy, viewer)


async def test_garbage_costs_a_keyframe_request_and_nothing_more() -> None:
    async with pool() as made:
        viewer, source = Viewer(), Source()
        copies = [made.open(codec, TARGET, viewer.outputs()) for codec in (Codec.VP9, Codec.AV1, Codec.H264)]
        good = opened(made, viewer)
        await until(lambda: good.running)
        rng = random.Random(5)
        for _ in range(60):
            for copy in copies:
                assert copy is not None
                copy.feed(rng.randrange(1 << 32), True, rng.randbytes(rng.choice((1, 7, 200, 5_000))))
                await until(lambda copy=copy: copy.in_flight < IN_FLIGHT_MAX)
        await until(lambda: all(copy is not None and copy.in_flight == 0 for copy in copies))
        assert viewer.keyframe_requests > 4
        await shows(source, good, viewer)
        assert made.restarts == 0


async def test_a_worker_has_neither_files_nor_time_nor_memory_without_end() -> None:
    async with pool() as made:
        copy = opened(made, Viewer())
        await until(lambda: copy.running)
        limits = of_process(made.pids[0], "limits").decode()
        soft = {line[:25].strip(): line[26:].split()[0] for line in limits.splitlines()[1:]}
        assert soft["Max open files"] == "0"
        assert soft["Max file size"] == "0"
        assert soft["Max core file size"] == "0"
        assert int(soft["Max address space"]) < 4 << 30
        assert os.getpriority(os.PRIO_PROCESS, made.pids[0]) >= os.getpriority(os.PRIO_PROCESS, 0) + 5


async def test_a_pool_without_work_has_no_processes() -> None:
    async with pool() as made:
        copy = opened(made, Viewer())
        await until(lambda: copy.running)
        (pid,) = made.pids
        copy.close()
        made.tidy()
        await until(lambda: not Path(f"/proc/{pid}").exists())
        assert made.pids == []
