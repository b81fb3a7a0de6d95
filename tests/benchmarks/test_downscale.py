"""The downscaling benchmark: its arithmetic, and one short run."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.downscale import Run, made_small, psnr_db
from benchmarks.peers.video_source import Camera
from media.core.rtp import Codec
from media.engine.copies.pool import DownscalerPool


def test_psnr_is_that_of_the_textbook() -> None:
    flat = np.full((8, 8), 100, np.uint8)
    assert psnr_db(flat, flat) == 99.0
    assert psnr_db(flat, flat + np.uint8(16)) == pytest.approx(24.05, abs=0.01)


def test_the_reference_is_the_picture_made_small_and_no_other() -> None:
    camera = Camera(640, 480)
    image = camera.picture()
    small = made_small(image, 320, 240)
    assert small.shape == (240, 320)
    assert psnr_db(small, made_small(image[::-1], 320, 240)) < 20 < psnr_db(small, small)


async def test_a_short_run_tells_every_figure() -> None:
    pool = DownscalerPool(1)
    try:
        result = await Run(Codec.VP8, 80_000, 12.0).measure(pool, 3.0)
    finally:
        await pool.close()
    assert 0 < result["kbps"] < 2 * 80
    assert 25 < result["psnr_db"] < 60
    assert result["cpu_ms_per_frame"] > 0
    assert result["latency_p95_ms"] > 0
    assert 0 < result["fps"] <= 15
