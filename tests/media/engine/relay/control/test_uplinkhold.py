"""A page whose new parameters cannot have arrived yet is ordered to hold its picture."""

from __future__ import annotations

import pytest

from media.core.parameters import AudioSend, SendParameters, VideoSend
from media.core.quality import HOLD
from media.engine.relay.control.uplinkhold import UplinkHold
from tests.support.quiet_leg import QuietLeg

VOICE = SendParameters(AudioSend(active=True))
BOTH = SendParameters(AudioSend(active=True), VideoSend(active=True, max_bitrate_bps=60_000))


def strained(*, video: bool) -> QuietLeg:
    """A leg of which a calm second came up, and then one that waited half a second."""
    leg = QuietLeg()
    leg.talks(0, 2_000, video=video)
    leg.talks(2_000, 3_000, late_ms=500.0, video=video)
    return leg


def orders(leg: QuietLeg) -> list[bytes]:
    return [wire.body for wire in leg.wires if wire.kind == "order"]


def test_an_unwanted_picture_on_a_strained_uplink_is_held_every_tenth_of_a_second() -> None:
    leg = strained(video=True)
    hold = UplinkHold(leg.member)
    for now_ms in range(3_500, 3_800, 25):
        hold.tend(float(now_ms), VOICE)
    assert orders(leg) == [HOLD] * 3


@pytest.mark.parametrize("sends", [BOTH, SendParameters()])
def test_a_requested_picture_is_not_held(sends: SendParameters) -> None:
    leg = strained(video=True)
    UplinkHold(leg.member).tend(3_500.0, sends)
    assert orders(leg) == []


def test_a_calm_uplink_is_left_alone() -> None:
    leg = QuietLeg()
    leg.talks(0, 3_000, video=True)
    UplinkHold(leg.member).tend(3_000.0, VOICE)
    assert orders(leg) == []


@pytest.mark.parametrize(("sends", "rests"), [(VOICE, True), (BOTH, False)])
def test_lost_packets_of_an_unwanted_picture_are_not_requested(sends: SendParameters, rests: bool) -> None:
    leg = strained(video=True)
    UplinkHold(leg.member).tend(3_500.0, sends)
    assert all(picture.rests is rests for picture in leg.member.uplink.pictures)


@pytest.mark.parametrize("page_sends_video", [True, False])
def test_a_collapse_is_remembered_of_a_page_that_sent_a_picture(page_sends_video: bool) -> None:
    leg = QuietLeg()
    hold = UplinkHold(leg.member)
    for now_ms in range(0, 6_000, 20):
        leg.talks(now_ms, now_ms + 20, video=True)
        assert not hold.follow(float(now_ms), page_sends_video=page_sends_video)
    stopped = [
        hold.follow(float(now_ms), page_sends_video=page_sends_video) for now_ms in range(6_000, 6_500, 20)
    ]
    assert any(stopped)
    assert hold.collapsed_within(1_500.0, 6_500.0) is page_sends_video
    assert not hold.collapsed_within(1_500.0, 8_500.0)
