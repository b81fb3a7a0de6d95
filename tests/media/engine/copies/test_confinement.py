"""Whoever has taken over a decoder can do nothing with it: the attempts run in a worker under the real relay."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.peers.video_source import Camera, SourceEncoder
from media.core.rtp import Codec
from media.core.share import Picture, Target
from media.engine.copies import workerprocess
from media.engine.copies.downscaler import Outputs
from media.engine.copies.pool import DownscalerPool
from tests.support import breakout
from tests.support.leg_client import until

TARGET = Target(120, 15.0, 60_000)
SECRET = b"the key of every second factor in Kayes"
REFUSED = {"EPERM", "EMFILE", "ENOSYS", "PermissionError", "ValueError"}


def of_process(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text()


async def told_by_a_broken_worker() -> dict[str, str]:
    """What the attempts of `breakout` came to."""
    secret = ctypes.create_string_buffer(SECRET)
    made = DownscalerPool(1)
    pictures: list[Picture] = []
    try:
        copy = made.open(Codec.VP8, TARGET, Outputs(pictures.append, lambda: None))
        assert copy is not None
        await until(lambda: copy.running)
        target = {"relay": os.getpid(), "address": ctypes.addressof(secret), "length": len(SECRET)}
        copy.feed(1, True, json.dumps(target).encode())
        await until(lambda: bool(pictures))
    finally:
        await made.close()
    told: dict[str, str] = json.loads(pictures[0].data)
    return told


async def test_a_decoder_that_was_taken_over_cannot_break_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workerprocess, "MODULE", breakout.__name__)
    monkeypatch.setenv("KENEYA_SECRET_KEY", "a secret")
    told = await told_by_a_broken_worker()
    environment = told.pop("environment")
    assert "KENEYA" not in environment
    assert len(told) > 50
    assert {what: how for what, how in told.items() if how not in REFUSED} == {}


async def test_without_the_filter_the_other_layers_keep_the_relay_safe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A hole in one layer is no way out: here, there is no filter at all."""
    monkeypatch.setattr(workerprocess, "MODULE", breakout.__name__)
    monkeypatch.setattr(workerprocess, "_environment", lambda: dict(os.environ) | {"BREAKOUT": "unfiltered"})
    told = await told_by_a_broken_worker()
    for what in (
        "read the relay's memory", "attach to the relay", "open the relay's memory", "open a file", "make a file",
        "make a file in memory", "a pair of sockets", "a socket: internet", "a socket: kernel", "be root",
        "more files", "more memory",
    ):  # fmt: skip
        assert told[what] != "it worked", what
    if os.geteuid() == 0:
        # Only root can start workers as somebody else; of the same user, a process may be signalled.
        for what in (
            "stop the relay",
            "end the relay",
            "the priority of the relay",
            "the limits of the relay",
        ):
            assert told[what] != "it worked", what


async def test_nobody_of_the_same_user_reads_the_memory_of_a_relay_with_workers() -> None:
    made = DownscalerPool(1)
    try:
        copy = made.open(Codec.VP8, TARGET, Outputs(lambda picture: None, lambda: None))
        assert copy is not None
        await until(lambda: copy.running)
        libc = ctypes.CDLL(None)
        assert libc.prctl(3, 0, 0, 0, 0) == 0, "PR_GET_DUMPABLE"
        fields = {
            line.partition(":")[0]: line.partition(":")[2].split()
            for line in of_process(made.pids[0], "status").splitlines()
        }
        assert (fields["NoNewPrivs"], fields["Seccomp"]) == (["1"], ["2"])
        assert fields["CapEff"] == fields["CapPrm"] == ["0" * 16] or os.readlink(
            f"/proc/{made.pids[0]}/ns/user"
        ) != os.readlink("/proc/self/ns/user")
        if os.geteuid() == 0:
            assert "0" not in fields["Uid"]
            assert fields["Groups"] == []
    finally:
        await made.close()


@pytest.mark.parametrize("codec", [Codec.VP8, Codec.VP9, Codec.AV1, Codec.H264])
async def test_every_codec_is_decoded_and_encoded_under_confinement(codec: Codec) -> None:
    made = DownscalerPool(1)
    pictures: list[Picture] = []
    try:
        copy = made.open(codec, TARGET, Outputs(pictures.append, lambda: None))
        assert copy is not None
        await until(lambda: copy.running)
        camera = Camera(640, 480)
        encoder = SourceEncoder(codec, 640, 480, framerate=15, bitrate_bps=400_000)
        for number in range(30):
            for frame in encoder.encode(camera.picture(), keyframe=number == 0):
                copy.feed(number * 6_000, number == 0, frame)
                await until(lambda: copy.in_flight == 0)
            if pictures:
                break
        await until(lambda: bool(pictures))
        assert made.restarts == 0
    finally:
        await made.close()


def test_a_worker_that_cannot_be_confined_decodes_nothing(tmp_path: Path) -> None:
    (tmp_path / "pyseccomp.py").write_text("raise RuntimeError('Unable to find libseccomp')")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{tmp_path}{os.pathsep}{workerprocess.ROOT}"}
    ended = subprocess.run(
        [sys.executable, "-m", workerprocess.MODULE],
        input=b"", capture_output=True, env=environment, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (77, b"")
