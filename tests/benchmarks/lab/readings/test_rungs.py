"""Time on each rung: as pages show it, and as it looks from outside."""

import pytest

from benchmarks.lab.readings.collected import AudioStream, Sample, VideoStream
from benchmarks.lab.readings.rungs import rung_seconds

BEAT_S = 0.2


def sample(at_s, packets_per_s=17, fps=0, width=320, rungs=(None, None)):
    voice = AudioStream("voice", round(packets_per_s * at_s), 0, 0, 0, 0, 0.0, 0.0)
    picture = VideoStream("picture", 0, 0, 0, round(fps * at_s), width, 240, 0, 0.0)
    return Sample(at_s, 0, None, "", False, [voice], [picture], *rungs)


def window(seconds=10, **options):
    return [sample(index * BEAT_S, **options) for index in range(round(seconds / BEAT_S) + 1)]


def test_rungs_that_the_page_shows_are_summed():
    samples = [
        sample(index, rungs=("video", "voice") if index < 4 else ("stills", "voice")) for index in range(11)
    ]
    assert rung_seconds(samples) == {
        "rung_seconds": {"down": {"video": 4, "stills": 6}, "up": {"voice": 10}},
        "rung_source": "page",
    }


def test_time_in_which_the_page_shows_no_rung_is_told():
    samples = [sample(index, rungs=("voice", "voice") if index > 2 else (None, None)) for index in range(6)]
    assert rung_seconds(samples)["rung_seconds"]["down"] == {"none": 3, "voice": 2}


@pytest.mark.parametrize(
    ("options", "rung"),
    [
        ({"fps": 15, "width": 640}, "video-high"),
        ({"fps": 15, "width": 480}, "video"),
        ({"fps": 5, "width": 160}, "video-low"),
        ({}, "voice"),
        ({"packets_per_s": 8.4}, "voice-thin"),
        ({"packets_per_s": 0}, "messages"),
    ],
)
def test_other_systems_are_judged_by_what_comes(options, rung):
    result = rung_seconds(window(**options))
    assert result["rung_source"] == "derived"
    assert result["rung_seconds"] == {"down": {rung: pytest.approx(10)}, "up": None}


def test_nothing_seen_is_no_time_on_any_rung():
    assert rung_seconds([])["rung_seconds"]["down"] == {}
