"""What people see of the quality ladder: the rung and the reason, no more often than they can read."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from media.core.parameters import (
    AudioSend,
    Preferences,
    Rung,
    RungReason,
    RungReport,
    SendParameters,
    VideoSend,
)
from media.core.quality.picture.videosteps import MAX_VIDEO_BPS
from media.core.quality.rungs import (
    CLIMBING_MS,
    REASON_SPACING_MS,
    REPORT_SPACING_MS,
    STARTING_MS,
    RungReporter,
    Side,
    rung_of,
    rung_report,
)

VOICE = SendParameters(AudioSend(active=True))
LATER_MS = STARTING_MS + 1


def picture(bitrate_bps: int) -> SendParameters:
    return replace(VOICE, video=VideoSend(active=True, max_bitrate_bps=bitrate_bps))


@pytest.mark.parametrize(
    ("sends", "rung"),
    [
        (SendParameters(), Rung.MESSAGES),
        (VOICE, Rung.VOICE),
        (SendParameters(AudioSend(active=True, ptime_ms=120, max_bitrate_bps=8_000)), Rung.VOICE_THIN),
        (SendParameters(AudioSend(active=True, ptime_ms=100)), Rung.VOICE_THIN),
        (SendParameters(AudioSend(active=True, max_bitrate_bps=10_000)), Rung.VOICE_THIN),
        (picture(30_000), Rung.VIDEO_LOW),
        (picture(120_000), Rung.VIDEO),
        (picture(600_000), Rung.VIDEO_HIGH),
    ],
)
def test_the_sent_parameters_decide_the_rung(sends: SendParameters, rung: Rung) -> None:
    assert rung_of(sends) is rung


def test_without_a_camera_the_rung_is_voice() -> None:
    assert rung_of(picture(120_000), picture=False) is Rung.VOICE


def report(own: Side, *others: Side, at_ms: float = LATER_MS) -> RungReport:
    return rung_report(own, others, at_ms)


def test_stills_are_a_rung_below_video_and_above_voice() -> None:
    assert rung_of(VOICE, stills=True) is Rung.STILLS
    assert rung_of(picture(30_000), stills=True) is Rung.VIDEO_LOW
    shows = Side(sends=VOICE, stills=True)
    assert report(Side(sends=VOICE), shows).down is Rung.STILLS
    listens = Side(sends=VOICE, preferences=Preferences(audio_only=True), wants_video=False)
    assert report(listens, shows).down is Rung.VOICE


def test_each_direction_has_its_rung_and_the_best_of_several_is_reported() -> None:
    own = Side(sends=VOICE)
    reported = report(own, Side(sends=VOICE), Side(sends=picture(120_000)))
    assert (reported.down, reported.up) == (Rung.VIDEO, Rung.VOICE)


def test_the_thinner_link_is_named() -> None:
    thin, wide = Side(sends=VOICE, downlink_bps=30_000), Side(sends=VOICE, downlink_bps=2_000_000)
    assert report(thin, wide).reason is RungReason.LINK
    assert report(wide, thin).reason is RungReason.OTHER_SIDE


def test_a_thin_uplink_is_reported_at_both_ends() -> None:
    station = Side(sends=VOICE, uplink_bps=20_000, downlink_bps=900_000)
    doctor = Side(sends=picture(480_000), uplink_bps=1_500_000, downlink_bps=2_000_000)
    assert report(station, doctor).reason is RungReason.LINK
    assert report(doctor, station).reason is RungReason.OTHER_SIDE


def test_without_a_measurement_the_own_link_is_named() -> None:
    assert report(Side(sends=VOICE), Side(sends=VOICE)).reason is RungReason.LINK


def test_choices_of_people_are_named_before_limits_of_links() -> None:
    pinned = Side(
        sends=VOICE, preferences=Preferences(audio_only=True), wants_video=False, downlink_bps=20_000
    )
    other = Side(sends=VOICE, downlink_bps=2_000_000)
    assert report(pinned, other).reason is RungReason.PINNED
    assert report(other, pinned).reason is RungReason.OTHER_SIDE


def test_audio_only_is_reported_even_while_video_still_arrives() -> None:
    pinned = Side(sends=VOICE, preferences=Preferences(audio_only=True), wants_video=False)
    assert report(pinned, Side(sends=picture(600_000))).down is Rung.VOICE


def test_saving_data_is_a_choice_of_the_side_that_saves() -> None:
    saver = Side(sends=picture(30_000), preferences=Preferences(save_data=True), downlink_bps=2_000_000)
    other = Side(sends=picture(30_000), downlink_bps=2_000_000)
    assert report(saver, other).reason is RungReason.PINNED
    assert report(other, saver).reason is RungReason.OTHER_SIDE


def test_a_camera_that_is_off_is_reported_at_both_ends() -> None:
    hidden = Side(sends=VOICE, camera_off=True, downlink_bps=2_000_000)
    seen = Side(sends=picture(600_000), downlink_bps=2_000_000)
    assert report(hidden, seen).reason is RungReason.CAMERA_OFF
    assert report(seen, hidden).reason is RungReason.OTHER_SIDE


def test_the_first_seconds_of_a_picture_are_no_fault() -> None:
    own, other = Side(sends=VOICE, downlink_bps=20_000), Side(sends=VOICE)
    assert report(own, other, at_ms=STARTING_MS - 1).reason is RungReason.STARTING
    assert report(own, other, at_ms=STARTING_MS).reason is RungReason.LINK


def test_a_picture_that_is_still_growing_is_no_fault() -> None:
    own, other = Side(sends=picture(30_000)), Side(sends=picture(30_000))
    assert report(own, other, at_ms=CLIMBING_MS - 1).reason is RungReason.STARTING
    assert report(own, other, at_ms=CLIMBING_MS).reason is RungReason.LINK


def test_the_highest_rung_needs_no_reason() -> None:
    best = Side(sends=picture(MAX_VIDEO_BPS))
    assert report(best, best) == RungReport(Rung.VIDEO_HIGH, Rung.VIDEO_HIGH, RungReason.FULL)


def test_nothing_is_reported_to_somebody_alone() -> None:
    assert RungReporter().report(Side(sends=VOICE), [], 0.0) is None


def test_a_change_is_reported_once_and_at_most_once_a_second() -> None:
    reporter, other = RungReporter(), Side(sends=VOICE)
    first = reporter.report(Side(sends=VOICE), [other], 0.0)
    assert first is not None
    assert first.up is Rung.VOICE
    assert reporter.report(Side(sends=VOICE), [other], 500.0) is None
    better = Side(sends=picture(120_000))
    assert reporter.report(better, [other], REPORT_SPACING_MS - 1) is None
    second = reporter.report(better, [other], REPORT_SPACING_MS)
    assert second is not None
    assert second.up is Rung.VIDEO


def test_a_participant_who_returns_to_the_call_gets_a_new_report() -> None:
    reporter, own, other = RungReporter(), Side(sends=VOICE), Side(sends=VOICE)
    first = reporter.report(own, [other], 0.0)
    assert reporter.report(own, [], 5_000.0) is None
    assert reporter.report(own, [other], 10_000.0) == first


def test_a_picture_that_returns_counts_as_starting() -> None:
    reporter, other = RungReporter(), Side(sends=VOICE)
    own = Side(sends=VOICE)
    hidden = replace(own, camera_off=True)
    reasons = []
    for step, side in enumerate((own, hidden, own)):
        report_now = reporter.report(side, [other], 60_000.0 * step)
        assert report_now is not None
        reasons.append(report_now.reason)
    assert reasons == [RungReason.STARTING, RungReason.CAMERA_OFF, RungReason.STARTING]


def test_the_reason_does_not_alternate_between_two_similar_links() -> None:
    reporter, at_ms = RungReporter(), 0.0
    own, wider, thinner = (Side(sends=VOICE, downlink_bps=bps) for bps in (50_000, 51_000, 49_000))
    reasons = []
    while at_ms < 60_000:
        other = wider if at_ms % 2_000 == 0 else thinner
        report_now = reporter.report(own, [other], at_ms)
        if report_now is not None:
            reasons.append((at_ms, report_now.reason))
        at_ms += 1_000
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(reasons[1:])]
    assert gaps
    assert min(gaps) >= REASON_SPACING_MS
