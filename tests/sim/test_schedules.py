"""Links that change in mid-call: falls, gaps, storms of loss, slow drifts; and a steady loss of 10 %."""

from __future__ import annotations

from functools import cache
from statistics import median

import pytest

from benchmarks.lab.emulator.profiles import Conditions
from tests.sim.twoway import Side, TwoWayCall, between, queue_ms, used_share, video_kept_over_voice

RTT_MS = 200.0
# Packets sent before an outage may arrive for this long after it began.
DRAIN_MS = 1_500.0


def rates(kbps: float) -> dict[str, float]:
    return {"down_kbps": kbps, "up_kbps": kbps}


def pictures_ms(viewer: Side, from_ms: float, to_ms: float) -> list[float]:
    """When video packets arrived in this window, counted from its start."""
    return [at_ms - from_ms for at_ms, _ in viewer.page.seen if from_ms < at_ms < to_ms]


def picture_back_ms(call: TwoWayCall, viewer: Side, from_ms: float) -> float:
    return next((at_ms - from_ms for at_ms, _ in viewer.page.seen if at_ms > from_ms), float("inf"))


def voice_back_ms(call: TwoWayCall, speaker: Side, from_ms: float) -> float:
    """When the first voice packet spoken after `from_ms` was heard."""
    listener = call.doctor if speaker is call.station else call.station
    heard = [
        listener.page.heard[index]
        for index, sent_ms in speaker.page.spoken.items()
        if sent_ms >= from_ms and index in listener.page.heard
    ]
    return min(heard, default=float("inf")) - from_ms


# Falls after which the link is also watched as it rises again.
RISING = (1, 2, 3, 5)


@cache
def fallen(seed: int) -> tuple[TwoWayCall, float]:
    """A call whose link fell from 256 to 20 kbit/s, and the time of the fall, which varies by seed.

    It goes on for 12 s; a rising one for 60 s, back at 256 kbit/s after 20. Tests only read it.
    """
    call = TwoWayCall(Conditions(256, 256, RTT_MS), seed=seed).run(30 + seed * 0.037)
    fall_ms = call.now_ms
    call.schedule([(0, rates(20)), (20, rates(256))])
    return call.run(60 if seed in RISING else 12), fall_ms


@pytest.mark.parametrize("seed", RISING)
def test_a_fall_to_20_kbit_takes_the_picture_and_256_brings_it_back(seed: int) -> None:
    call, fall_ms = fallen(seed)
    rise_ms = fall_ms + 20_000
    for viewer in call.sides:
        # A picture may be tried again ten seconds after it was paused.
        late = [at_ms for at_ms in pictures_ms(viewer, fall_ms, fall_ms + 10_000) if at_ms > 2_000 + RTT_MS]
        assert len(late) <= 5  # late packets, repeated for a NACK from before the fall was known
    for speaker in call.sides:
        assert call.voice(speaker, fall_ms + 8_000, rise_ms).lost_ratio <= 0.05
        assert voice_back_ms(call, speaker, rise_ms) <= 1_000 + RTT_MS
        assert picture_back_ms(call, speaker, rise_ms) <= 10_000


def test_a_fall_mostly_interrupts_voice_for_at_most_half_a_second() -> None:
    # The queue's content at the time of the fall is chance: one video packet takes 0.4 s at 20 kbit/s.
    gaps_ms: dict[str, list[float]] = {"station": [], "doctor": []}
    for seed in range(1, 17):  # fewer vary too much: nine seeds in a row have medians from 440 to 703
        call, fall_ms = fallen(seed)
        for speaker in call.sides:
            gaps_ms[speaker.name].append(call.voice(speaker, fall_ms - 1_000, fall_ms + 8_000).longest_gap_ms)
    # A packet carries two voice frames of 20 ms: this much of the gap between two packets is not silence.
    assert all(median(gaps) - 40 <= 500 for gaps in gaps_ms.values())


def test_a_stall_in_a_steady_call_is_not_taken_for_a_collapse() -> None:
    call = TwoWayCall(Conditions(256, 256, RTT_MS, jitter_ms=15.0)).run(90)
    assert [side.page.stalls for side in call.sides] == [[], []]


@pytest.mark.parametrize("gap_s", [5.0, 15.0, 60.0])
def test_after_a_gap_voice_is_back_at_once_and_the_picture_soon(gap_s: float) -> None:
    call = TwoWayCall(Conditions(256, 256, RTT_MS)).run(30)
    call.schedule([(0, rates(0)), (gap_s, rates(256))])
    call.run(gap_s)
    back_ms = call.now_ms
    call.run(30)
    for speaker in call.sides:
        assert voice_back_ms(call, speaker, back_ms) <= 1_000 + RTT_MS
    assert picture_back_ms(call, call.station, back_ms + DRAIN_MS) <= 10_000
    assert queue_ms(call.station.down, 0.5) < 100


def test_a_storm_of_loss_is_not_taken_for_a_thin_link() -> None:
    kept = []
    for seed in range(1, 6):
        call = TwoWayCall(Conditions(256, 256, RTT_MS), seed=seed).run(30)
        before_bps = call.station.moments[-1].down_bps
        storm_ms = call.now_ms
        call.schedule(
            [
                (10, {"loss_percent": 30.0, "burst_packets": 3.0}),
                (20, {"loss_percent": 0.0, "burst_packets": None}),
            ]
        )
        call.run(50)
        after = between(call.station, storm_ms + 35_000)
        kept.append(min(one.down_bps for one in after) / before_bps)
        assert all(one.parameters.video.active for one in between(call.doctor, storm_ms + 35_000))
    # A thin link would be a tenth of it; two falls in a row, which one seed in six has, leave half.
    assert min(kept) >= 0.5
    assert median(kept) >= 0.7


def test_redundancy_saves_voice_packets_in_a_storm_of_loss() -> None:
    lost = []
    for seed in (1, 2, 3):  # the loss of a single storm is chance
        call = TwoWayCall(Conditions(256, 256, RTT_MS), seed=seed).run(30)
        storm_ms = call.now_ms
        call.schedule([(0, {"loss_percent": 30.0, "burst_packets": 3.0})])
        call.run(10)
        lost += [call.voice(side, storm_ms + 1_000, storm_ms + 9_000).lost_ratio for side in call.sides]
    assert sum(lost) / len(lost) <= 0.25


def test_a_slow_drift_down_and_up_again_is_followed() -> None:
    call = TwoWayCall(Conditions(256, 256, RTT_MS)).run(20)
    start_ms = call.now_ms
    steps = [*range(256, 32, -8), *range(32, 257, 8)]
    spacing_s = 240 / len(steps)
    call.schedule([(index * spacing_s, rates(kbps)) for index, kbps in enumerate(steps)])
    call.run(245)
    patience_ms = 2_000 + RTT_MS
    for speaker in call.sides:
        assert len(video_kept_over_voice(call, speaker, start_ms, patience_ms)) <= 2
    assert len(call.voice_impaired_ms(call.doctor, start_ms)) <= 0.02 * len(call.doctor.page.spoken)
    assert call.seen_bps(call.station, call.now_ms - 10_000) > 60_000


def test_a_link_with_ten_percent_of_random_loss_stays_in_use() -> None:
    shares = []
    for seed in range(1, 6):  # one seed in ten loses so many packets in a row that the rate falls twice
        call = TwoWayCall(Conditions(128, 128, RTT_MS, 10), seed=seed).settle(30)
        from_ms = call.now_ms
        call.run(60)
        shares.append(used_share(call.station.down, 60))
        assert used_share(call.station.up, 60) >= 0.8
        for speaker in call.sides:
            assert call.voice(speaker, from_ms).lost_ratio <= 0.03
        assert all(one.parameters.video.active for one in between(call.doctor, from_ms))
    assert min(shares) >= 0.8
    assert median(shares) >= 0.85


def test_radio_jitter_is_not_taken_for_congestion() -> None:
    call = TwoWayCall(Conditions(240, 200, 420, 1, jitter_ms=30.0, burst_packets=2.0)).settle(40)
    from_ms = call.now_ms
    call.run(45)
    assert all(one.parameters.video.active for one in between(call.doctor, from_ms))
    assert min(one.down_bps for one in between(call.station, from_ms)) >= 100_000


def test_people_who_take_turns_do_not_move_the_estimate() -> None:
    call = TwoWayCall(Conditions(64, 64, RTT_MS), talk_s=(4.0, 2.0)).settle(20)
    from_ms = call.now_ms
    call.run(90)
    estimates = [one.down_bps for one in between(call.station, from_ms)]
    assert max(estimates) <= 1.4 * 64_000
    assert min(estimates) >= 0.5 * 64_000
