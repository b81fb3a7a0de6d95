"""A short measured call through the emulator, from the command line to the JSON line."""

import asyncio
import json
import shutil
import signal
import sys
from pathlib import Path

import pytest

from benchmarks.lab import browser
from benchmarks.lab.emulator import netns
from benchmarks.lab.systems.janus import missing_janus
from tests.support.patience import PATIENCE_S

# Long enough for one stretch of speech that intelligibility is told over (6 s), and the delay.
SECONDS = {"p2p": 9, "keneya": 9, "janus": 9}
# A relay that decodes and encodes on a busy machine falls behind by seconds; the lab finds a voice up to 9 s late.
SECONDS["mediarelay"] = 16
REFUSAL = netns.missing_privilege() or browser.missing_browser()
if REFUSAL is None and not shutil.which("espeak-ng"):
    REFUSAL = "espeak-ng is not installed"
pytestmark = [
    pytest.mark.netns,
    pytest.mark.browser,
    pytest.mark.skipif(REFUSAL is not None, reason=str(REFUSAL)),
]

RECEIVED = {
    "hidden_ratio",
    "longest_gap_ms",
    "audio_wire_kbps",
    "video_wire_kbps",
    "video_fps",
    "video_width",
    "video_height",
    "freezes",
    "freeze_s",
    "rtt_ms",
    "pesq_wb",
    "rung_seconds",
    "after_changes",
}
# It needs a whole core to decode and encode, beside two browsers.
MEDIARELAY = pytest.param("mediarelay", marks=pytest.mark.alone)
WITHOUT_JANUS = pytest.mark.skipif(missing_janus() is not None, reason=str(missing_janus()))


async def call(*arguments):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.quick_call", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert output.count(b"\n") == 1
    return json.loads(output)


def namespaces_of(pid):
    """The lab's namespaces that children of a process have made; other runs may go on beside us."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {
        path.name
        for path in netns.RUN_DIRECTORY.glob(f"{netns.PREFIX}-*")
        if path.name.split("-")[2] in children
    }


@pytest.mark.parametrize("system", ["p2p", "keneya", MEDIARELAY, pytest.param("janus", marks=WITHOUT_JANUS)])
async def test_a_call_is_measured_on_both_sides(system, tmp_path):
    wanted = [
        "--system",
        system,
        "--profile",
        "bamako",
        "--loss",
        "0",
        "--seconds",
        str(SECONDS[system]),
        "--settle",
        "2",
    ]
    result = await call(*wanted, "--screenshots", str(tmp_path))
    assert (result["system"], result["profile"]) == (system, "bamako")
    for side in ("station", "clinician"):
        got = result[side]
        assert got.keys() >= RECEIVED
        assert 0 <= got["hidden_ratio"] < 0.5
        assert got["audio_wire_kbps"] > 0
        assert got["video_fps"] > 0
        assert got["video_width"] > 0
        # Chromium's own jitter buffer alone is some 20 ms; nothing here holds back the voice for 9 s.
        assert 20 < got["mouth_to_ear_ms"] < 9000
        assert 0 < got["stoi"] <= 1
        assert got["frames_read"] > 0
        assert 0.5 < got["ssim"] < 1
        assert got["psnr"] > 20
        assert sum(got["rung_seconds"]["down"].values()) == pytest.approx(SECONDS[system], abs=1.5)
        assert got["rung_source"] == ("page" if system == "keneya" else "derived")
        assert (tmp_path / f"{side}.png").stat().st_size > 0
    assert result["connect_s"] > 0
    assert result["accept_to_first_audio_s"] > 0
    assert result["first_video_s"] > 0
    assert (result["server_cpu_s_per_min"] is None) == (system == "p2p")
    # What a side received, RTP alone, cannot be more than what the link let through to it.
    station = result["station"]
    assert 0 < station["audio_wire_kbps"] + station["video_wire_kbps"] < 1.1 * result["down"]["kbps"]
    assert result["up"]["packets"] > 0
    assert result["data_mb_per_15min"] > 0
    assert result["still_s"] is None  # nobody asked for one
    assert result["down"].keys() >= {"kbps", "drops", "queue_ms_p95"}
    assert result["machine"]["cores"] > 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_an_interrupted_call_leaves_nothing_behind_and_prints_nothing(number):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.call", "--system", "p2p", "--seconds", "600"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE_S):
        while len(made := namespaces_of(process.pid)) < 2:  # noqa: ASYNC110 (another process makes them)
            await asyncio.sleep(0.05)
    process.send_signal(number)
    assert await process.communicate() == (b"", b"")
    assert process.returncode == 130
    assert not [name for name in made if (netns.RUN_DIRECTORY / name).exists()]
