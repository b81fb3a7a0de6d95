"""How each profile spends a bitrate: a face balanced, a detail on pixels, a motion on frames."""

from __future__ import annotations

import pytest

from media.core.parameters import ClinicalProfile
from media.core.quality.picture.clinicalprofile import (
    DEGRADATION_PREFERENCES,
    PICTURES,
    picture_for,
    profile_for,
)
from media.core.quality.picture.videosteps import STEPS_BPS

FACE, DETAIL, MOTION = ClinicalProfile.FACE, ClinicalProfile.DETAIL, ClinicalProfile.MOTION


@pytest.mark.parametrize(
    ("bitrate_bps", "picture"),
    [
        (12_000, (5, 4)),
        (16_000, (9, 4)),
        (20_000, (10, 4)),
        (30_000, (10, 4)),
        (48_000, (15, 2)),
        (75_000, (15, 2)),
        (120_000, (15, 2)),
        (240_000, (15, 1.5)),
        (480_000, (24, 1)),
        (800_000, (30, 1)),
    ],
)
def test_the_picture_of_a_face_suits_the_rate(bitrate_bps: int, picture: tuple[float, float]) -> None:
    assert picture_for(bitrate_bps) == picture


@pytest.mark.parametrize("bitrate_bps", STEPS_BPS)
def test_at_every_step_a_detail_has_the_pixels_and_a_motion_the_frames(bitrate_bps: int) -> None:
    (face_rate, face_scale), (detail_rate, detail_scale), (motion_rate, motion_scale) = (
        picture_for(bitrate_bps, profile) for profile in (FACE, DETAIL, MOTION)
    )
    assert detail_rate < face_rate
    assert detail_scale <= face_scale
    assert motion_rate >= max(12, face_rate)
    assert motion_scale >= face_scale


def test_skin_has_four_times_the_pixels_where_a_face_has_160_by_120_at_ten_frames() -> None:
    assert picture_for(38_000, FACE) == (10, 4)
    assert picture_for(38_000, DETAIL) == (3, 2)


def test_a_gait_has_twenty_frames_from_sixty_kilobits_on() -> None:
    assert all(picture_for(step, MOTION)[0] >= 20 for step in STEPS_BPS if step >= 60_000)


@pytest.mark.parametrize("profile", ClinicalProfile)
def test_more_bits_never_buy_fewer_pixels_and_frames_together(profile: ClinicalProfile) -> None:
    pixel_rates = [rate / scale**2 for rate, scale in (picture_for(step, profile) for step in STEPS_BPS)]
    assert pixel_rates == sorted(pixel_rates)
    assert PICTURES[profile][-1][0] == 0, "there is a picture for every rate"


def test_a_chosen_profile_counts_before_the_default() -> None:
    assert profile_for([]) is FACE
    assert profile_for([FACE, FACE]) is FACE
    assert profile_for([FACE, MOTION]) is MOTION


def test_of_two_choices_that_of_the_first_to_join_counts() -> None:
    assert profile_for([FACE, DETAIL, MOTION]) is DETAIL


def test_the_degradation_preference_keeps_what_the_profile_is_about() -> None:
    assert DEGRADATION_PREFERENCES == {
        FACE: None,
        DETAIL: "maintain-resolution",
        MOTION: "maintain-framerate",
    }
