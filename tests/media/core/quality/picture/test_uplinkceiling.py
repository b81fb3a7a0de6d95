"""The ceiling of an uplink of unknown rate."""

from __future__ import annotations

from media.core.quality.picture.uplinkceiling import FIRST_BPS, IDLE_BPS, UplinkCeiling
from media.core.quality.picture.videosteps import MAX_VIDEO_BPS, MIN_VIDEO_BPS, VideoSteps


def climb(ceiling: UplinkCeiling, steps: VideoSteps, start_s: int, seconds: int, carries_bps: float) -> None:
    for now_ms in range(start_s * 1_000, (start_s + seconds) * 1_000, 250):
        received_bps = min(steps.bitrate_bps, carries_bps)
        ceiling.follow(now_ms, received_bps, steps.bitrate_bps, suffers=False)
        steps.follow(ceiling.bps, now_ms)


def test_the_ceiling_rises_while_it_is_used() -> None:
    ceiling, steps = UplinkCeiling(), VideoSteps()
    ceiling.start(0, careful=False)
    climb(ceiling, steps, 0, 40, 10_000_000)
    assert steps.bitrate_bps == MAX_VIDEO_BPS


def test_the_ceiling_stays_near_the_delivered_rate() -> None:
    ceiling, steps = UplinkCeiling(), VideoSteps()
    ceiling.start(0, careful=False)
    climb(ceiling, steps, 0, 60, 60_000)
    assert 60_000 <= steps.bitrate_bps <= 95_000


def test_the_ceiling_falls_on_a_strained_uplink_but_not_below_the_least_video() -> None:
    ceiling = UplinkCeiling()
    ceiling.start(0, careful=False)
    for now_ms in range(0, 60_000, 250):
        ceiling.follow(now_ms, 40_000, 38_000, suffers=True)
    assert ceiling.bps == MIN_VIDEO_BPS


def test_a_picture_without_motion_keeps_room_for_motion() -> None:
    ceiling, steps = UplinkCeiling(), VideoSteps()
    ceiling.start(0, careful=False)
    climb(ceiling, steps, 0, 40, 10_000_000)
    climb(ceiling, steps, 40, 120, 10_000)
    assert IDLE_BPS / 1.25 <= ceiling.bps <= IDLE_BPS


def test_after_a_failure_the_ceiling_begins_at_the_least() -> None:
    ceiling = UplinkCeiling()
    ceiling.start(0, careful=False)
    assert ceiling.bps == FIRST_BPS
    ceiling.start(0, careful=True)
    assert ceiling.bps == MIN_VIDEO_BPS


def test_the_ceiling_of_a_small_picture_rises_where_the_page_reports_no_limit() -> None:
    ceiling, steps = UplinkCeiling(), VideoSteps()
    ceiling.start(0, careful=False)
    for now_ms in range(0, 60_000, 250):
        ceiling.follow(now_ms, 10_000, steps.bitrate_bps, suffers=False, unhindered=True)
        steps.follow(ceiling.bps, now_ms)
    assert steps.bitrate_bps == MAX_VIDEO_BPS


def test_a_limit_that_the_page_reports_holds_the_ceiling() -> None:
    ceiling, steps = UplinkCeiling(), VideoSteps()
    ceiling.start(0, careful=False)
    for now_ms in range(0, 60_000, 250):
        ceiling.follow(now_ms, 10_000, steps.bitrate_bps, suffers=True, unhindered=True)
        steps.follow(ceiling.bps, now_ms)
    assert steps.bitrate_bps == MIN_VIDEO_BPS
