"""The encoders in the process: what they leave of the process they run in."""

import os
from pathlib import Path

import pytest

from benchmarks.peers.video_source import ENCODERS, Camera, SourceEncoder


@pytest.mark.parametrize("codec", ENCODERS)
def test_an_encoder_makes_no_thread_real_time(codec):
    camera, encoder = Camera(160, 120), SourceEncoder(codec, 160, 120, framerate=15, bitrate_bps=60_000)
    encoder.encode(camera.picture())
    policies = {os.sched_getscheduler(int(path.name)) for path in Path("/proc/self/task").iterdir()}
    encoder.rest()
    assert policies == {os.SCHED_OTHER}
