"""Packet time and bitrate of a voice on links of different width."""

import pytest

from media.core.parameters import AudioSend
from media.core.quality.voicesteps import RISE_AFTER_MS, SHAPES, WITH_PICTURE, VoiceSteps
from media.core.repair import voice_wire_bps


@pytest.mark.parametrize(
    ("link_bps", "ptime_ms", "bitrate_bps"),
    [
        (256_000, 60, 16_000),
        (40_000, 60, 12_000),
        (27_000, 120, 10_000),
        (18_000, 120, 8_000),
        (13_000, 120, 6_000),
    ],
)
def test_the_first_look_at_the_link_chooses(link_bps: int, ptime_ms: int, bitrate_bps: int) -> None:
    shape = VoiceSteps().follow(link_bps, 0.0)
    assert (shape.ptime_ms, shape.bitrate_bps) == (ptime_ms, bitrate_bps)


@pytest.mark.parametrize(("link_bps", "ptime_ms"), [(256_000, 20), (140_000, 60), (18_000, 120)])
def test_voice_packets_are_short_beside_a_picture_on_a_wide_link(link_bps: int, ptime_ms: int) -> None:
    assert VoiceSteps().follow(link_bps, 0.0, picture=True).ptime_ms == ptime_ms


def test_voice_packets_are_long_again_once_the_picture_is_gone() -> None:
    steps = VoiceSteps()
    steps.follow(256_000, 0.0, picture=True)
    assert steps.follow(256_000, 250.0).ptime_ms == 60
    assert steps.follow(256_000, 500.0, picture=True).ptime_ms == 60
    assert steps.follow(256_000, 250.0 + RISE_AFTER_MS, picture=True).ptime_ms == 20


def test_an_unknown_link_changes_nothing() -> None:
    steps = VoiceSteps()
    assert steps.follow(None, 0.0) is SHAPES[0]
    steps.follow(18_000, 1.0)
    assert steps.follow(None, 2.0).bitrate_bps == 8_000


def test_the_voice_falls_at_once_and_rises_late() -> None:
    steps = VoiceSteps()
    steps.follow(100_000, 0.0)
    assert steps.follow(16_000, 250.0).bitrate_bps == 6_000
    assert steps.follow(100_000, 500.0).bitrate_bps == 6_000
    assert steps.follow(100_000, 250.0 + RISE_AFTER_MS).bitrate_bps == 16_000


def test_a_call_that_began_before_its_link_was_measured_need_not_wait() -> None:
    steps = VoiceSteps()
    assert steps.follow(24_000, 0.0).ptime_ms == 120
    assert steps.follow(96_000, 750.0).ptime_ms == 60
    assert steps.follow(18_000, 2_000.0).bitrate_bps == 8_000
    assert steps.follow(96_000, 3_000.0).bitrate_bps == 8_000


def test_a_link_that_trembles_about_a_threshold_changes_nothing() -> None:
    steps = VoiceSteps()
    steps.follow(35_000, 0.0)
    shapes = {steps.follow(35_000 + 2_000 * (n % 2), 250.0 * n) for n in range(1, 400)}
    assert len(shapes) == 1


def test_every_shape_leaves_a_fifth_of_its_link() -> None:
    for shape in (WITH_PICTURE, *SHAPES[:-1]):
        cost = voice_wire_bps(AudioSend(True, shape.bitrate_bps, shape.ptime_ms))
        assert cost <= 0.8 * shape.least_bps
