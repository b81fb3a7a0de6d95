"""A short measured call through the emulator, from the command line to the JSON line."""

import asyncio
import json
import shutil
import sys

import pytest

from benchmarks.lab import browser, netns

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
}


async def call(*arguments):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.call", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert output.count(b"\n") == 1
    return json.loads(output)


def lab_namespaces():
    return {path.name for path in netns.RUN_DIRECTORY.glob(f"{netns.PREFIX}-*")}


@pytest.mark.parametrize("system", ["p2p", "keneya"])
async def test_a_call_is_measured_on_both_sides_and_leaves_nothing_behind(system, tmp_path):
    before = lab_namespaces()
    wanted = ["--system", system, "--profile", "bamako", "--loss", "0", "--seconds", "6", "--settle", "2"]
    result = await call(*wanted, "--screenshots", str(tmp_path))
    assert lab_namespaces() <= before
    assert (result["system"], result["profile"]) == (system, "bamako")
    for side in ("station", "clinician"):
        got = result[side]
        assert got.keys() >= RECEIVED
        assert 0 <= got["hidden_ratio"] < 0.5
        assert got["audio_wire_kbps"] > 0
        assert got["video_fps"] > 0
        assert got["video_width"] > 0
        assert (tmp_path / f"{side}.png").stat().st_size > 0
    assert result["connect_s"] > 0
    assert result["accept_to_first_audio_s"] > 0
    assert result["first_video_s"] > 0
    assert (result["server_cpu_s_per_min"] is None) == (system == "p2p")
    # What a side received, RTP alone, cannot be more than what the link let through to it.
    station = result["station"]
    assert 0 < station["audio_wire_kbps"] + station["video_wire_kbps"] < 1.1 * result["down"]["kbps"]
    assert result["up"]["packets"] > 0
    assert result["down"].keys() >= {"kbps", "drops", "queue_ms_p95"}
    assert result["machine"]["cores"] > 0
