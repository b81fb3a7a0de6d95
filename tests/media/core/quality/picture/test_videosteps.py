"""The steps of video: down at once, up slowly."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from media.core.quality.picture.videosteps import MIN_VIDEO_BPS, STEPS_BPS, VideoSteps


def test_a_fall_is_followed_at_once_and_a_rise_after_it_waits() -> None:
    steps = VideoSteps()
    steps.start(250_000, 0)
    assert steps.bitrate_bps == 240_000
    steps.follow(100_000, 1_000)
    assert steps.bitrate_bps == 95_000
    for now_ms in range(1_250, 11_000, 250):
        steps.follow(250_000, now_ms)
        assert steps.bitrate_bps == 95_000
    steps.follow(250_000, 11_000)
    assert steps.bitrate_bps > 95_000


def test_a_target_that_trembles_changes_nothing() -> None:
    steps = VideoSteps()
    steps.start(100_000, 0)
    for now_ms in range(0, 60_000, 250):
        steps.follow(100_000 * (0.88 if now_ms % 500 else 1.12), now_ms)
        assert steps.bitrate_bps == 95_000


@settings(deadline=None)
@given(st.lists(st.floats(0, 5_000_000), max_size=100))
def test_only_known_steps_are_taken_and_never_one_far_above_the_target(targets: list[float]) -> None:
    steps = VideoSteps()
    for number, target_bps in enumerate(targets):
        steps.follow(target_bps, number * 1_000)
        assert steps.bitrate_bps in STEPS_BPS
        assert steps.bitrate_bps <= max(MIN_VIDEO_BPS, target_bps / 0.85)
