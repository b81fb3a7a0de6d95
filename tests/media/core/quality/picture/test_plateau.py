"""The rate beyond which more bits improve nothing visible, and how a picture passes it."""

import pytest

from media.core.parameters import ClinicalProfile
from media.core.quality.picture.clinicalprofile import picture_for
from media.core.quality.picture.plateau import (
    AFTER_MS,
    AGAINST_EVIDENCE_WAIT_MS,
    BLIND_WAIT_MS,
    COARSE,
    FINE,
    FIRST_WAIT_MS,
    GOOD_BPS,
    NEXT_BPS,
    NEXT_LINK_BPS,
    PASSING_MS,
    PROVEN_MS,
    Plateau,
    coarseness,
)
from media.core.quality.picture.videosteps import RISE_MARGIN, STEPS_BPS

FACE = ClinicalProfile.FACE
EVERY_MS = 250.0
# A step is taken when the room exceeds the step by a margin.
ENOUGH_BPS = RISE_MARGIN * GOOD_BPS
SOME_BPS, WIDE_BPS = 170_000.0, 600_000.0


class Looking:
    """Asks a plateau four times a second about a picture that uses every bit it is given."""

    def __init__(self) -> None:
        self.plateau = Plateau()
        self.now_ms = 0.0
        self.bitrate_bps = GOOD_BPS

    def ask(
        self,
        room_bps: float,
        *,
        blind: bool = False,
        profile: ClinicalProfile = FACE,
        coarse: float | None = None,
    ) -> float:
        self.now_ms += EVERY_MS
        return self.plateau.worth_bps(
            room_bps, self.bitrate_bps, profile, self.now_ms, blind=blind, coarseness=coarse
        )

    def ask_for(self, length_ms: float, coarse: float | None) -> float:
        """The last answer after ``length_ms``, where there is room for more."""
        return [self.ask(SOME_BPS, coarse=coarse) for _ in range(int(length_ms / EVERY_MS) + 1)][-1]

    def passes_after_ms(
        self, room_bps: float, *, blind: bool = False, within_ms: float = 3e6
    ) -> float | None:
        """The time until the answer passes the plateau; None: longer than ``within_ms``."""
        from_ms = self.now_ms
        while self.now_ms - from_ms <= within_ms:
            if self.ask(room_bps, blind=blind) > ENOUGH_BPS:
                return self.now_ms - from_ms
        return None

    def fail(self, room_bps: float) -> None:
        """Pass the plateau, and fail to reach the next size."""
        until_ms = self.now_ms + PASSING_MS
        while self.now_ms < until_ms:
            self.ask(room_bps)


def test_between_two_sizes_the_picture_stays_at_the_plateau() -> None:
    looking = Looking()
    assert looking.ask(SOME_BPS) == ENOUGH_BPS
    assert looking.plateau.holds_back


@pytest.mark.parametrize("room_bps", [20_000.0, 50_000.0, float(GOOD_BPS)])
def test_a_link_below_the_plateau_is_used_in_full(room_bps: float) -> None:
    looking = Looking()
    assert looking.ask(room_bps) == room_bps
    assert not looking.plateau.holds_back


def test_nothing_waits_where_the_next_size_is_known_to_fit() -> None:
    looking = Looking()
    assert looking.ask(WIDE_BPS) == WIDE_BPS
    assert not looking.plateau.holds_back


def test_the_next_size_begins_where_the_table_of_pictures_says() -> None:
    assert {GOOD_BPS, NEXT_BPS} <= set(STEPS_BPS)
    lines = {step: picture_for(step, FACE)[1] for step in STEPS_BPS if GOOD_BPS <= step <= NEXT_BPS}
    assert lines.pop(NEXT_BPS) < lines[GOOD_BPS]
    assert set(lines.values()) == {lines[GOOD_BPS]}
    assert NEXT_LINK_BPS > NEXT_BPS


@pytest.mark.parametrize("profile", [ClinicalProfile.DETAIL, ClinicalProfile.MOTION])
def test_skin_and_gait_get_the_whole_room(profile: ClinicalProfile) -> None:
    assert Looking().ask(SOME_BPS, profile=profile) == SOME_BPS


def test_an_unmeasured_room_is_tried_soon_and_a_probed_one_late() -> None:
    assert Looking().passes_after_ms(SOME_BPS, blind=True) == BLIND_WAIT_MS + EVERY_MS
    assert Looking().passes_after_ms(SOME_BPS) == AGAINST_EVIDENCE_WAIT_MS + EVERY_MS


def test_a_picture_that_fails_to_rise_returns_and_doubles_its_wait_each_time() -> None:
    looking = Looking()
    looking.passes_after_ms(SOME_BPS)
    for wait_ms in (FIRST_WAIT_MS, 2 * FIRST_WAIT_MS, 4 * FIRST_WAIT_MS):
        looking.fail(SOME_BPS)
        from_ms = looking.now_ms
        assert looking.passes_after_ms(SOME_BPS) is not None
        assert abs(looking.now_ms - from_ms - wait_ms) <= EVERY_MS


def test_a_link_that_wavers_below_the_next_size_lowers_the_picture_for_a_while() -> None:
    looking = Looking()
    looking.ask(WIDE_BPS)
    looking.bitrate_bps = NEXT_BPS
    looking.ask(WIDE_BPS)
    assert looking.ask(0.95 * NEXT_BPS) > ENOUGH_BPS
    looking.bitrate_bps = 190_000
    assert looking.ask(0.8 * NEXT_BPS) < NEXT_BPS
    assert looking.ask_for(AFTER_MS, None) == ENOUGH_BPS
    looking.bitrate_bps = GOOD_BPS
    wait_ms = looking.passes_after_ms(WIDE_BPS)
    assert wait_ms is not None
    assert wait_ms > FIRST_WAIT_MS / 2


def test_a_picture_that_held_above_the_plateau_has_not_failed() -> None:
    looking = Looking()
    looking.passes_after_ms(SOME_BPS)
    looking.fail(SOME_BPS)
    looking.passes_after_ms(WIDE_BPS)
    looking.bitrate_bps = NEXT_BPS
    until_ms = looking.now_ms + PROVEN_MS + EVERY_MS
    while looking.now_ms <= until_ms:
        assert looking.ask(WIDE_BPS) == WIDE_BPS
    looking.bitrate_bps = GOOD_BPS
    assert looking.ask(SOME_BPS) == ENOUGH_BPS
    assert looking.passes_after_ms(WIDE_BPS, within_ms=FIRST_WAIT_MS + EVERY_MS) is not None


def test_the_wait_does_not_count_during_a_dip_of_the_room() -> None:
    looking = Looking()
    looking.passes_after_ms(SOME_BPS, within_ms=AGAINST_EVIDENCE_WAIT_MS / 2)
    looking.ask(GOOD_BPS)
    assert looking.passes_after_ms(SOME_BPS) == AGAINST_EVIDENCE_WAIT_MS + EVERY_MS


def test_a_picture_that_begins_anew_waits_anew() -> None:
    looking = Looking()
    looking.passes_after_ms(SOME_BPS, within_ms=AGAINST_EVIDENCE_WAIT_MS / 2)
    looking.now_ms += 10 * AGAINST_EVIDENCE_WAIT_MS
    looking.plateau.begin()
    assert looking.passes_after_ms(SOME_BPS) == AGAINST_EVIDENCE_WAIT_MS + EVERY_MS


def test_a_picture_that_stays_coarse_gets_the_whole_room() -> None:
    looking = Looking()
    assert looking.ask_for(AFTER_MS / 2, COARSE + 0.1) == ENOUGH_BPS
    assert looking.ask_for(EVERY_MS, COARSE - 0.1) == ENOUGH_BPS
    assert looking.ask_for(AFTER_MS, COARSE + 0.1) == SOME_BPS
    assert not looking.plateau.holds_back


def test_between_coarse_and_fine_the_picture_stays_where_it_is() -> None:
    looking = Looking()
    looking.bitrate_bps = 120_000
    assert looking.ask_for(2 * AFTER_MS, (COARSE + FINE) / 2) == RISE_MARGIN * 120_000
    assert looking.plateau.holds_back


def test_a_picture_finer_than_necessary_comes_down_again() -> None:
    looking = Looking()
    looking.bitrate_bps = 150_000
    assert looking.ask_for(AFTER_MS / 2, FINE - 0.1) == RISE_MARGIN * 150_000
    assert looking.ask_for(AFTER_MS, FINE - 0.1) == ENOUGH_BPS


def test_a_face_without_an_encoders_report_stays_at_the_plateau() -> None:
    looking = Looking()
    looking.bitrate_bps = 150_000
    assert looking.ask_for(AFTER_MS, None) == ENOUGH_BPS


def test_coarseness_while_the_picture_rises_does_not_count() -> None:
    looking = Looking()
    looking.bitrate_bps = 48_000
    looking.ask_for(2 * AFTER_MS, COARSE + 0.3)
    looking.bitrate_bps = GOOD_BPS
    assert looking.ask_for(AFTER_MS / 2, COARSE + 0.1) == ENOUGH_BPS


def test_each_codec_has_its_own_scale_and_some_have_none() -> None:
    assert coarseness(127, "video/VP8") == coarseness(255, "video/AV1") == 1.0
    assert coarseness(30, "video/H264") is None
    assert coarseness(None, "video/AV1") is None
