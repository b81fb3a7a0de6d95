"""When a picture starts, is proven and gives way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from media.core.quality.picture.picturelife import (
    FIRST_WAIT_MS,
    KEEP_VIDEO_BPS,
    LAST_KNOWN_WAIT_MS,
    LAST_WAIT_MS,
    PAUSE_AFTER_MS,
    PAUSE_AFTER_ROUND_TRIPS,
    PAUSE_SOON_MS,
    PROVEN_MS,
    START_VIDEO_BPS,
    TRIAL_MS,
    VANISHED_MS,
    VANISHED_WAIT_MS,
    WIDE_VIDEO_BPS,
    LifeView,
    PictureLife,
)
from media.core.quality.picture.picturestates import PictureState

STEP_MS = 250.0
ROOMY = LifeView(
    room_bps=200_000,
    known=False,
    blind=True,
    voice_clean=True,
    voice_suffers=False,
    uplink_collapsed=False,
    rtt_ms=100,
)
TIGHT = replace(ROOMY, room_bps=START_VIDEO_BPS - 1)
SUFFERING = replace(ROOMY, voice_clean=False, voice_suffers=True)


class Clock:
    """Asks the life for its decision four times a second."""

    def __init__(self) -> None:
        self.now_ms = 0.0
        self.life = PictureLife(0.0)

    def run(self, view: LifeView, for_ms: float) -> PictureState:
        end_ms = self.now_ms + for_ms
        while self.now_ms < end_ms:
            self.life.pass_time(self.now_ms)
            self.life.follow(self.now_ms, view)
            self.now_ms += STEP_MS
        return self.life.state

    def until(self, view: LifeView, state: PictureState) -> float:
        """The time in ms until this state."""
        start_ms = self.now_ms
        while self.run(view, STEP_MS) is not state:
            assert self.now_ms < start_ms + 200_000
        return self.now_ms - STEP_MS - start_ms


def failed() -> Clock:
    clock = Clock()
    clock.run(ROOMY, 1_000)
    clock.until(SUFFERING, PictureState.FAILED)
    return clock


def test_a_picture_starts_at_once_where_there_is_room_and_voice_is_clean() -> None:
    assert Clock().run(replace(ROOMY, voice_clean=False), 60_000) is PictureState.RESTING
    assert Clock().run(ROOMY, STEP_MS) is PictureState.FLOWING


def test_without_room_a_picture_is_tried_after_a_wait_unless_probes_measure_the_link() -> None:
    assert Clock().until(TIGHT, PictureState.TRIAL) == FIRST_WAIT_MS
    assert Clock().run(replace(TIGHT, blind=False), 60_000) is PictureState.RESTING


def test_a_trial_ignores_the_room_and_ends_at_the_first_strain() -> None:
    clock = Clock()
    clock.until(TIGHT, PictureState.TRIAL)
    assert clock.run(replace(TIGHT, room_bps=0), TRIAL_MS - 2 * STEP_MS) is PictureState.TRIAL
    assert clock.run(SUFFERING, STEP_MS) is PictureState.FAILED


def test_a_trial_that_lasts_needs_room_again() -> None:
    clock = Clock()
    clock.until(TIGHT, PictureState.TRIAL)
    assert clock.until(TIGHT, PictureState.FLOWING) == TRIAL_MS - STEP_MS
    assert clock.run(replace(TIGHT, room_bps=KEEP_VIDEO_BPS), 60_000) is PictureState.PROVEN
    assert clock.run(replace(TIGHT, room_bps=KEEP_VIDEO_BPS - 1), 5_000) is PictureState.FAILED


@pytest.mark.parametrize(
    ("view", "patience_ms"),
    [
        (SUFFERING, PAUSE_AFTER_MS),
        (replace(SUFFERING, rtt_ms=2_000), PAUSE_AFTER_ROUND_TRIPS * 2_000),
        (replace(SUFFERING, room_bps=-1), PAUSE_SOON_MS),
        (replace(SUFFERING, uplink_collapsed=True), 0.0),
    ],
)
def test_a_picture_gives_way_after_the_response_time_of_the_links(view: LifeView, patience_ms: float) -> None:
    clock = Clock()
    clock.run(ROOMY, 1_000)
    assert clock.until(view, PictureState.FAILED) == patience_ms


def test_a_strain_that_ends_in_time_is_forgotten() -> None:
    clock = Clock()
    for _ in range(10):
        clock.run(ROOMY, 1_000)
        assert clock.run(SUFFERING, PAUSE_AFTER_MS) is not PictureState.FAILED


def test_the_wait_doubles_with_each_failure_up_to_a_bound() -> None:
    clock, waits_ms = failed(), []
    for _ in range(5):
        waits_ms.append(clock.until(ROOMY, PictureState.TRIAL) + STEP_MS)
        clock.until(SUFFERING, PictureState.FAILED)
    assert waits_ms == [10_000, 20_000, 40_000, LAST_WAIT_MS, LAST_WAIT_MS]


def test_waits_are_shorter_where_probes_measure_the_link() -> None:
    clock, waits_ms = failed(), []
    known = replace(ROOMY, known=True, blind=False, room_bps=START_VIDEO_BPS)
    for _ in range(4):
        waits_ms.append(clock.until(known, PictureState.TRIAL) + STEP_MS)
        clock.until(replace(known, voice_clean=False, voice_suffers=True), PictureState.FAILED)
    assert waits_ms == [10_000, 20_000, LAST_KNOWN_WAIT_MS, LAST_KNOWN_WAIT_MS]


def test_a_link_seen_to_have_widened_is_tried_after_the_first_wait() -> None:
    waits_ms = []
    for room_bps in (WIDE_VIDEO_BPS, WIDE_VIDEO_BPS - 1):
        clock = failed()
        clock.until(ROOMY, PictureState.TRIAL)
        known = replace(ROOMY, known=True, blind=False, room_bps=room_bps)
        clock.until(replace(known, room_bps=WIDE_VIDEO_BPS / 2, voice_suffers=True), PictureState.FAILED)
        waits_ms.append(clock.until(known, PictureState.TRIAL) + STEP_MS)
    assert waits_ms == [FIRST_WAIT_MS, 2 * FIRST_WAIT_MS]


def test_a_proven_picture_waits_as_for_the_first_time() -> None:
    clock = failed()
    clock.until(ROOMY, PictureState.TRIAL)
    clock.until(SUFFERING, PictureState.FAILED)
    clock.until(ROOMY, PictureState.TRIAL)
    assert clock.until(ROOMY, PictureState.PROVEN) == PROVEN_MS - STEP_MS
    clock.until(SUFFERING, PictureState.FAILED)
    assert clock.until(ROOMY, PictureState.TRIAL) == FIRST_WAIT_MS - STEP_MS


def test_a_hidden_picture_comes_back_without_a_wait() -> None:
    clock = Clock()
    clock.run(ROOMY, 30_000)
    clock.life.hide()
    assert not clock.life.flows
    assert clock.run(ROOMY, STEP_MS) is PictureState.FLOWING


def test_hiding_does_not_end_a_wait() -> None:
    clock = failed()
    clock.life.hide()
    assert clock.life.state is PictureState.FAILED
    assert clock.until(ROOMY, PictureState.TRIAL) == FIRST_WAIT_MS - STEP_MS


def test_a_picture_that_vanishes_fails_and_waits_for_the_longest_time_whatever_probes_show() -> None:
    clock = Clock()
    vanishing = replace(ROOMY, known=True, vanishes=True)
    assert clock.run(vanishing, STEP_MS) is PictureState.FLOWING
    assert clock.until(vanishing, PictureState.FAILED) == VANISHED_MS - STEP_MS
    wider = replace(ROOMY, known=True, room_bps=10 * ROOMY.room_bps)
    assert clock.until(wider, PictureState.TRIAL) == VANISHED_WAIT_MS - STEP_MS
