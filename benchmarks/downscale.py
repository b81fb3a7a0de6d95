"""`python -m benchmarks.downscale`: the cost of a lower copy, and its picture quality.

Owns: the command line and the line of JSON. A camera of 640x480 at 15 frames a second is encoded as a page would
(VP8 at 600 kbit/s by default) and fed in real time through a real worker process, which makes copies of 320x240
at 20, 40 and 80 kbit/s, one after the other. Processor time is the worker's own, per source frame. Latency is the
time from handing over a frame to the arrival of its copy on the loop. PSNR compares the copy's luma with the
camera's picture at the same size (area averaging), for frames after the first second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import time
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
import uvloop

from benchmarks.peers.host import Idle, describe
from benchmarks.peers.video_source import VIDEO_CLOCK_RATE, Camera, Image, SourceEncoder
from media.core.rtp import Codec
from media.core.share import Picture, Target
from media.engine.copies.downscaler import Downscaler, Outputs
from media.engine.copies.pool import DownscalerPool

SOURCE_SIZE = (640, 480)
SOURCE_BPS = 600_000
COPY_LINES = 240
FRAMERATE = 15
# The frame rates that small_picture_for gives at about these bitrates.
RATES = ((20_000, 5.0), (40_000, 10.0), (80_000, 12.0))
SETTLING_S = 1.0
START_TIMEOUT_S = 30.0
# The longest wait for copies that have not arrived; a lost one must not block the benchmark.
DRAIN_S = 2.0
SEED = 5764


def psnr_db(shown: npt.NDArray[np.uint8], source: npt.NDArray[np.uint8]) -> float:
    """Peak signal to noise ratio of two gray pictures of one size; 99 for equal ones."""
    error = float(np.mean((shown.astype(np.float64) - source.astype(np.float64)) ** 2))
    return 99.0 if error == 0 else 10 * math.log10(255**2 / error)


def made_small(image: Image, width: int, height: int) -> npt.NDArray[np.uint8]:
    """The luma of the camera's picture at the copy's size, in the limited range that the codec uses."""
    luma = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p")
    gray = luma.to_ndarray()[: image.shape[0], :]
    return cv2.resize(gray, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


class Run:
    """One copy at one rate."""

    def __init__(self, codec: Codec, bitrate_bps: int, framerate: float) -> None:
        self._codec = codec
        self._target = Target(COPY_LINES, framerate, bitrate_bps)
        self._camera = Camera(*SOURCE_SIZE, seed=SEED)
        self._encoder = SourceEncoder(codec, *SOURCE_SIZE, framerate=FRAMERATE, bitrate_bps=SOURCE_BPS)
        self._images: dict[int, Image] = {}
        self._fed_s: dict[int, float] = {}
        self._latencies_ms: list[float] = []
        self._pictures: list[Picture] = []
        self._keyframe_wanted = True

    async def measure(self, pool: DownscalerPool, seconds: float) -> dict[str, Any]:
        """Run in real time for `seconds`."""
        copy = pool.open(self._codec, self._target, Outputs(self._arrived, self._keyframe_asked))
        assert copy is not None
        async with asyncio.timeout(START_TIMEOUT_S):
            while not copy.running:  # noqa: ASYNC110 - the pool has no event for a worker's start
                await asyncio.sleep(0.01)
        step = VIDEO_CLOCK_RATE // FRAMERATE
        next_s = time.perf_counter()
        for index in range(round(seconds * FRAMERATE)):
            image = self._camera.picture()
            keyframe, self._keyframe_wanted = self._keyframe_wanted, False
            (frame,) = self._encoder.encode(image, keyframe=keyframe)
            self._images[index * step] = image
            self._fed_s[index * step] = time.perf_counter()
            copy.feed(index * step, keyframe, frame)
            next_s += 1 / FRAMERATE
            await asyncio.sleep(max(0.0, next_s - time.perf_counter()))
        await self._drain(copy)
        spent_us, frames = copy.spent_us, copy.frames
        copy.close()
        return self._result(seconds, spent_us / 1000 / max(1, frames), copy.dropped_frames)

    async def _drain(self, copy: Downscaler) -> None:
        until_s = time.perf_counter() + DRAIN_S
        while copy.in_flight and time.perf_counter() < until_s:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)

    def _keyframe_asked(self) -> None:
        """A worker that had to leave a frame out goes on with the next keyframe."""
        self._keyframe_wanted = True

    def _arrived(self, picture: Picture) -> None:
        self._latencies_ms.append((time.perf_counter() - self._fed_s[picture.timestamp]) * 1000)
        self._pictures.append(picture)

    def _result(self, seconds: float, cpu_ms: float, dropped: int) -> dict[str, Any]:
        settled = [one for one in self._pictures if one.timestamp >= SETTLING_S * VIDEO_CLOCK_RATE]
        bits = 8 * sum(len(one.data) for one in settled)
        return {
            "asked_kbps": self._target.bitrate_bps / 1000,
            "kbps": round(bits / 1000 / (seconds - SETTLING_S), 1),
            "fps": round(len(settled) / (seconds - SETTLING_S), 1),
            "psnr_db": round(self._psnr_db(), 1),
            "cpu_ms_per_frame": round(cpu_ms, 2),
            "latency_p95_ms": round(float(np.percentile(self._latencies_ms, 95)), 1),
            "dropped_frames": dropped,
        }

    def _psnr_db(self) -> float:
        decoder = av.CodecContext.create("libvpx", "r")
        values: list[float] = []
        for one in self._pictures:
            for shown in decoder.decode(av.Packet(one.data)):
                if one.timestamp >= SETTLING_S * VIDEO_CLOCK_RATE:
                    luma = shown.to_ndarray()[: one.height, : one.width].astype(np.uint8, copy=False)
                    values.append(
                        psnr_db(luma, made_small(self._images[one.timestamp], one.width, one.height))
                    )
        return float(np.mean(values)) if values else 0.0


async def measure(codec: Codec, seconds: float) -> dict[str, Any]:
    """All rates, one after the other, through one worker."""
    idle = Idle.now()
    pool = DownscalerPool(1)
    try:
        copies = [await Run(codec, bps, rate).measure(pool, seconds) for bps, rate in RATES]
    finally:
        await pool.close()
    return {
        "benchmark": "downscale",
        "source": f"{codec.name} {SOURCE_SIZE[0]}x{SOURCE_SIZE[1]}@{FRAMERATE} {SOURCE_BPS // 1000} kbit/s",
        "copy": f"VP8, {COPY_LINES} lines",
        "cpu_ms_per_frame": max(copy["cpu_ms_per_frame"] for copy in copies),
        "latency_p95_ms": max(copy["latency_p95_ms"] for copy in copies),
        "copies": copies,
        "seconds": seconds,
        "idle_share": round(Idle.now().share_since(idle), 2),
        "machine": describe(),
    }


def main() -> None:
    """Read the command line, measure, print one line of JSON."""
    parser = argparse.ArgumentParser(description="What a lower copy costs, and what it looks like.")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each rate")
    # SVT-AV1 keeps frames back, so it cannot play a page's encoder in real time.
    names = [codec.name for codec in (Codec.VP8, Codec.VP9, Codec.H264)]
    parser.add_argument("--codec", choices=names, default=Codec.VP8.name, help="of the source")
    arguments = parser.parse_args()
    if arguments.seconds <= SETTLING_S:
        parser.error(f"longer than {SETTLING_S:.0f} s, please")
    print(json.dumps(uvloop.run(measure(Codec[arguments.codec], arguments.seconds))))


if __name__ == "__main__":
    main()
