"""The parameters asked of a publisher: voice at once, video only after it, and back again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.core.parameters import AudioSend, ClinicalProfile, SendParameters
from media.core.quality.picture.videosteps import MIN_VIDEO_BPS
from media.core.quality.steering import Steering
from media.core.quality.views import (
    VIDEO_PREFERENCE,
    PublisherView,
    ReceiverView,
    common_codec,
    red_for_receiver,
)

# The publisher's picture is moving detail, which is never fine enough.
SPEAKING = PublisherView(uplink_received_bps=24_000, rtt_ms=100, video_quantizer=200)
RICH = ReceiverView(estimate_bps=1_000_000, rtt_ms=100)


class Call:
    """Decides four times a second, with a publisher that follows its parameters."""

    def __init__(self, publisher: PublisherView = SPEAKING) -> None:
        self.steering = Steering()
        self.publisher = publisher
        self.now_ms = 0.0
        self.asked: list[SendParameters] = []

    def run(self, seconds: float, *receivers: ReceiverView) -> SendParameters:
        end_ms = self.now_ms + seconds * 1000
        while self.now_ms < end_ms:
            video_bps = self.asked[-1].video.max_bitrate_bps if self.asked else 0
            view = replace(
                self.publisher,
                uplink_received_bps=self.publisher.uplink_received_bps + video_bps,
                uplink_video_received_bps=video_bps,
            )
            self.asked.append(self.steering.decide(self.now_ms, view, receivers))
            self.now_ms += 250
        return self.asked[-1]

    def video_until_ms(self, receiver: ReceiverView, limit_s: float = 200) -> float | None:
        """The time until video starts or stops; None if it does neither."""
        start_ms, before = self.now_ms, self.asked[-1].video.active
        while self.now_ms < start_ms + limit_s * 1000:
            if self.run(0.25, receiver).video.active != before:
                return self.now_ms - start_ms
        return None


def test_without_receivers_nothing_flows() -> None:
    assert Call().run(5) == SendParameters()


def test_voice_flows_at_once_and_thin() -> None:
    first = Call().run(0.25, RICH)
    assert first.audio == AudioSend(active=True, max_bitrate_bps=16_000, ptime_ms=60, dtx=True, fec=True)
    assert not first.video.active


def test_video_waits_for_two_seconds_of_clean_voice() -> None:
    call = Call()
    assert not call.run(2, RICH).video.active
    assert call.run(0.5, RICH).video.active


def test_video_does_not_start_before_voice_is_heard() -> None:
    assert not Call(replace(SPEAKING, uplink_received_bps=0)).run(9, RICH).video.active


def test_video_does_not_start_while_voice_queues() -> None:
    call = Call()
    assert not call.run(9, replace(RICH, queue_ms=400)).video.active
    assert call.run(2.5, RICH).video.active


def test_video_does_not_start_where_voice_leaves_no_room() -> None:
    assert not Call().run(9, ReceiverView(estimate_bps=40_000)).video.active
    assert Call().run(9, ReceiverView(estimate_bps=48_000)).video.active


def test_the_poorest_watching_receiver_decides() -> None:
    poor = ReceiverView(estimate_bps=100_000)
    together = Call().run(40, RICH, poor).video
    assert together == Call().run(40, poor).video
    assert (
        together.max_bitrate_bps
        < Call().run(40, RICH, replace(poor, wants_video=False)).video.max_bitrate_bps
    )


def test_the_viewers_profile_decides_the_shape_of_the_picture() -> None:
    watching = ReceiverView(estimate_bps=100_000, profile=ClinicalProfile.DETAIL)
    skin = Call().run(40, watching).video
    face = Call().run(40, ReceiverView(estimate_bps=100_000)).video
    assert skin.max_bitrate_bps == face.max_bitrate_bps
    assert skin.max_framerate < face.max_framerate
    assert (skin.degradation_preference, face.degradation_preference) == ("maintain-resolution", None)
    assert Call().run(40, ReceiverView(100_000), replace(watching, wants_video=False)).video == face


def test_a_profile_chosen_in_mid_call_applies_at_once() -> None:
    call = Call()
    before = call.run(40, ReceiverView(estimate_bps=100_000)).video
    after = call.run(0.25, ReceiverView(estimate_bps=100_000, profile=ClinicalProfile.MOTION)).video
    assert after.max_framerate > before.max_framerate
    assert after.max_bitrate_bps == before.max_bitrate_bps


def test_other_voices_on_a_receivers_link_take_their_share() -> None:
    alone = Call().run(40, ReceiverView(estimate_bps=150_000)).video
    crowded = Call().run(40, ReceiverView(estimate_bps=150_000, audio_overhead_bps=60_000)).video
    assert 0 < crowded.max_bitrate_bps < alone.max_bitrate_bps


def test_a_known_thin_uplink_holds_video_down() -> None:
    call = Call(replace(SPEAKING, uplink_capacity_bps=100_000))
    assert 30_000 <= call.run(40, RICH).video.max_bitrate_bps <= 60_000


def test_a_muted_camera_or_nobody_watching_means_no_video() -> None:
    assert not Call(replace(SPEAKING, video_muted=True)).run(20, RICH).video.active
    blind = replace(RICH, wants_video=False)
    asked = Call().run(20, blind)
    assert asked.audio.active
    assert not asked.video.active


def test_a_camera_switched_on_again_does_not_wait() -> None:
    call = Call()
    call.run(20, RICH)
    call.publisher = replace(SPEAKING, video_muted=True)
    assert not call.run(5, RICH).video.active
    call.publisher = SPEAKING
    assert call.run(0.5, RICH).video.active


def test_constant_inputs_give_constant_parameters() -> None:
    call = Call()
    call.run(60, RICH)
    settled = call.asked[-1]
    call.run(60, RICH)
    assert set(call.asked[-200:]) == {settled}


def test_small_moves_of_the_estimate_change_nothing() -> None:
    call = Call()
    call.run(60, ReceiverView(estimate_bps=210_000))
    for step in range(120):
        call.run(0.25, ReceiverView(estimate_bps=210_000 + (-1) ** step * 10_000))
    assert len(set(call.asked[-80:])) == 1


def test_the_picture_shrinks_with_the_rate() -> None:
    pictures = [
        Call().run(60, ReceiverView(estimate_bps=rate)).video for rate in (70_000, 130_000, 300_000, 900_000)
    ]
    scales = [picture.scale_resolution_down_by for picture in pictures]
    rates = [picture.max_framerate for picture in pictures]
    assert scales == sorted(scales, reverse=True)
    assert rates == sorted(rates)
    assert (scales[0], scales[-1]) == (4.0, 1.0)


def test_video_gives_way_when_voice_queues_for_over_a_second() -> None:
    call = Call()
    call.run(30, RICH)
    paused_ms = call.video_until_ms(replace(RICH, queue_ms=350))
    assert paused_ms is not None
    assert 1_000 <= paused_ms <= 2_000


def test_a_short_queue_does_not_cost_the_picture() -> None:
    call = Call()
    call.run(30, RICH)
    for _ in range(20):
        call.run(0.75, replace(RICH, queue_ms=350))
        assert call.run(1, RICH).video.active


def test_video_gives_way_to_loss_that_began_with_it_and_not_to_earlier_loss() -> None:
    call = Call()
    call.run(30, RICH)
    assert call.video_until_ms(replace(RICH, loss_ratio=0.3), 5) is not None
    lossy = Call()
    lossy.run(30, replace(RICH, loss_ratio=0.2))
    assert lossy.asked[-1].video.active
    assert lossy.video_until_ms(replace(RICH, loss_ratio=0.25), 30) is None


def test_the_wait_for_video_grows_with_each_failure_up_to_a_minute() -> None:
    call = Call()
    call.run(5, RICH)
    bad = replace(RICH, queue_ms=500)
    waits = []
    for _ in range(6):
        call.video_until_ms(bad)
        wait_ms = call.video_until_ms(RICH)
        assert wait_ms is not None
        waits.append(wait_ms)
    assert waits == sorted(waits)
    assert 9_000 <= waits[0] <= 13_000
    assert 18_000 <= waits[1] <= 23_000
    assert 58_000 <= waits[-1] <= 63_000


def test_video_that_lasted_returns_soon_after_a_failure() -> None:
    call = Call()
    call.run(5, RICH)
    for _ in range(4):
        call.video_until_ms(replace(RICH, queue_ms=500))
        call.video_until_ms(RICH)
    call.run(60, RICH)
    call.video_until_ms(replace(RICH, queue_ms=500))
    wait_ms = call.video_until_ms(RICH)
    assert wait_ms is not None
    assert wait_ms <= 13_000


def test_video_is_tried_from_time_to_time_where_the_estimate_is_too_low() -> None:
    call = Call()
    low = ReceiverView(estimate_bps=24_000)
    call.run(0.25, low)
    tried_ms = call.video_until_ms(low)
    assert tried_ms is not None
    assert 9_000 <= tried_ms <= 11_000
    assert call.asked[-1].video.max_bitrate_bps == MIN_VIDEO_BPS
    ended_ms = call.video_until_ms(low)
    assert ended_ms is not None
    assert ended_ms <= 13_000


def test_redundancy_follows_lasting_loss_and_stays_for_a_while() -> None:
    call = Call(replace(SPEAKING, uplink_capacity_bps=84_000))
    receiver = ReceiverView(estimate_bps=500_000)
    assert not call.run(5, receiver).audio.red
    call.publisher = replace(call.publisher, uplink_loss_ratio=0.01)
    call.run(0.5, receiver)
    assert not call.asked[-1].audio.red
    assert call.run(5, receiver).audio.red
    call.publisher = replace(call.publisher, uplink_loss_ratio=0.0)
    assert call.run(20, receiver).audio.red
    assert not call.run(20, receiver).audio.red


def test_redundancy_starts_at_once_on_a_link_known_to_be_wide() -> None:
    assert Call(replace(SPEAKING, uplink_capacity_bps=400_000)).run(2, RICH).audio.red


def test_redundancy_is_never_used_on_an_uplink_of_unknown_rate() -> None:
    call = Call(replace(SPEAKING, uplink_loss_ratio=0.1, video_muted=True))
    assert not call.run(60, RICH).audio.red


def test_loss_from_a_full_uplink_does_not_start_redundancy() -> None:
    call = Call(replace(SPEAKING, uplink_probed_bps=64_000, uplink_loss_ratio=0.08, uplink_queue_ms=140.0))
    call.run(6, RICH)
    call.publisher = replace(call.publisher, uplink_queue_ms=20.0)
    call.run(3, RICH)  # the queue has gone, but its losses are still in the window
    assert not any(asked.audio.red for asked in call.asked)
    assert call.run(8, RICH).audio.red  # these losses are random


def test_redundancy_ends_when_the_receivers_link_collapses() -> None:
    call = Call(replace(SPEAKING, uplink_capacity_bps=400_000))
    assert call.run(5, RICH).audio.red
    assert not call.run(2, ReceiverView(estimate_bps=30_000)).audio.red


def test_redundancy_towards_a_receiver_has_hysteresis() -> None:
    between = ReceiverView(estimate_bps=90_000, loss_ratio=0.002)
    assert not red_for_receiver(between, was_on=False)
    assert red_for_receiver(between, was_on=True)


def test_the_best_common_codec_is_used() -> None:
    all_codecs = PublisherView()
    assert common_codec(all_codecs, [RICH]) == "video/AV1"
    old_phone = replace(RICH, codecs=("video/H264", "video/vp8"))
    assert common_codec(all_codecs, [RICH, old_phone]) == "video/VP8"
    assert common_codec(replace(all_codecs, codecs=("video/AV1",)), [old_phone]) is None
    assert not Call(replace(SPEAKING, codecs=("video/AV1",))).run(20, old_phone).video.active


def test_after_everybody_left_a_call_starts_from_the_beginning() -> None:
    call = Call()
    call.run(30, RICH)
    call.run(1)
    assert not call.run(1.5, RICH).video.active
    assert call.run(1.5, RICH).video.active


views = st.builds(
    ReceiverView,
    estimate_bps=st.floats(0, 1e7),
    loss_ratio=st.floats(0, 1),
    queue_ms=st.floats(0, 5_000),
    rtt_ms=st.none() | st.floats(0, 5_000),
    wants_video=st.booleans(),
    codecs=st.sampled_from([VIDEO_PREFERENCE, (), ("video/VP8",)]),
    audio_overhead_bps=st.floats(0, 100_000),
)
publishers = st.builds(
    PublisherView,
    uplink_received_bps=st.floats(0, 1e7),
    uplink_video_received_bps=st.none() | st.floats(0, 1e7),
    uplink_loss_ratio=st.floats(0, 1),
    uplink_queue_ms=st.none() | st.floats(0, 5_000),
    uplink_capacity_bps=st.none() | st.floats(0, 1e7),
    rtt_ms=st.none() | st.floats(0, 5_000),
    audio_muted=st.booleans(),
    video_muted=st.booleans(),
)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5_000), publishers, st.lists(views, max_size=4)), max_size=40))
def test_whatever_is_measured_voice_stays_and_video_parameters_are_valid(
    steps: list[tuple[int, PublisherView, list[ReceiverView]]],
) -> None:
    steering, now_ms = Steering(), 0
    for wait_ms, publisher, receivers in steps:
        now_ms += wait_ms
        asked = steering.decide(now_ms, publisher, receivers)
        assert asked.audio.active is bool(receivers)
        if not asked.video.active:
            assert asked.video.max_bitrate_bps == 0
            continue
        assert asked.video.codec in VIDEO_PREFERENCE
        assert 30_000 <= asked.video.max_bitrate_bps <= 800_000
        assert not publisher.video_muted
        assert any(receiver.wants_video for receiver in receivers)


MOTIONLESS = replace(SPEAKING, video_quantizer=20, video_limited_by="none")


@pytest.mark.parametrize(
    ("publisher", "grows"),
    [
        (MOTIONLESS, True),
        (replace(MOTIONLESS, video_quantizer=200), False),
        (replace(MOTIONLESS, video_quantizer=None), False),
        (replace(MOTIONLESS, video_quantizer=None, uplink_reported_bps=1_000_000), True),
        (replace(MOTIONLESS, video_limited_by=None), False),
    ],
    ids=["fine", "coarse", "unknown", "estimated", "silent"],
)
def test_a_motionless_picture_that_uses_little_grows_once_nothing_else_holds_it(
    publisher: PublisherView, grows: bool
) -> None:
    steering = Steering()
    for tick in range(80):
        view = replace(publisher, uplink_video_received_bps=2_000)
        asked = steering.decide(tick * 250.0, view, [RICH])
    assert (asked.video.scale_resolution_down_by < 4.0) is grows


def test_a_collapsed_uplink_pauses_its_picture_at_once() -> None:
    call = Call(replace(SPEAKING, uplink_probed_bps=256_000, uplink_reported_bps=256_000))
    assert call.run(20, RICH).video.active
    call.publisher = replace(call.publisher, uplink_collapsed=True)
    asked = call.run(0.25, RICH)
    assert not asked.video.active
    assert asked.audio.ptime_ms == 120
    call.publisher = replace(call.publisher, uplink_collapsed=False)
    assert not call.run(9, RICH).video.active


def test_video_that_failed_on_a_thin_link_is_tried_soon_once_the_link_is_wide() -> None:
    probed = replace(RICH, probed=True)
    thin = replace(probed, estimate_bps=20_000, queue_ms=400)
    publisher = replace(SPEAKING, uplink_probed_bps=1_000_000)

    def failed_twice() -> Call:
        call = Call(publisher)
        call.run(20, probed)
        call.run(11, thin)
        while not call.run(0.25, replace(probed, estimate_bps=60_000)).video.active:
            pass  # video fits, and so it is tried
        call.run(3, thin)
        assert not call.asked[-1].video.active
        return call

    waits_ms = [
        failed_twice().video_until_ms(replace(probed, estimate_bps=estimate_bps))
        for estimate_bps in (300_000, 50_000)
    ]
    assert waits_ms[0] is not None
    assert waits_ms[1] is not None
    assert waits_ms[0] <= 10_000 < waits_ms[1]
