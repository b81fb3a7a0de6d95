"""Stills where there is no room for video."""

import pytest

from media.core.quality.picture.stillrhythm import AFTER_MS, NO_STILLS, StillRhythm


@pytest.mark.parametrize(("room_bps", "every_s"), [(17_000.0, 5.0), (7_000.0, 8.0)])
def test_the_less_room_the_rarer(room_bps: float, every_s: float) -> None:
    rhythm = StillRhythm()
    assert rhythm.follow(0.0, room_bps, video=False) == NO_STILLS
    assert rhythm.follow(AFTER_MS, room_bps, video=False).every_s == every_s


def test_voice_flows_alone_where_a_still_would_take_too_long() -> None:
    rhythm = StillRhythm()
    rhythm.follow(0.0, 1_000.0, video=False)
    assert rhythm.follow(60_000.0, 1_000.0, video=False) == NO_STILLS


def test_a_still_is_sent_before_the_next_is_due() -> None:
    for room_bps in (6_000.0, 12_000.0, 50_000.0):
        rhythm = StillRhythm()
        rhythm.follow(0.0, room_bps, video=False)
        stills = rhythm.follow(AFTER_MS, room_bps, video=False)
        assert stills.max_bytes * 8 / stills.every_s <= 0.9 * room_bps


def test_video_ends_stills_and_a_short_pause_of_video_brings_none() -> None:
    rhythm = StillRhythm()
    rhythm.follow(0.0, 17_000.0, video=False)
    assert rhythm.follow(5_000.0, 17_000.0, video=False) != NO_STILLS
    assert rhythm.follow(5_250.0, 60_000.0, video=True) == NO_STILLS
    assert rhythm.follow(6_000.0, 17_000.0, video=False) == NO_STILLS
    assert rhythm.follow(6_000.0 + AFTER_MS, 17_000.0, video=False) != NO_STILLS


def test_without_a_viewer_there_are_no_stills() -> None:
    rhythm = StillRhythm()
    rhythm.follow(0.0, None, video=False)
    assert rhythm.follow(60_000.0, None, video=False) == NO_STILLS


def test_small_changes_of_the_room_change_nothing() -> None:
    rhythm = StillRhythm()
    rhythm.follow(0.0, 13_000.0, video=False)
    asked = {
        rhythm.follow(AFTER_MS + 250.0 * n, 12_500.0 - 1_500.0 * (n % 2), video=False) for n in range(40)
    }
    assert len(asked) == 1
