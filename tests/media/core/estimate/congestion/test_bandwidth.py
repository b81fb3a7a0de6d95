"""The estimate of a leg's link: queues lower it, use raises it, random loss does neither."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from media.core.estimate.congestion.bandwidth import SendEstimate
from media.core.estimate.congestion.rates import MAX_ESTIMATE_BPS, MIN_ESTIMATE_BPS
from media.core.estimate.congestion.silence import RETURN_BPS
from media.core.estimate.twccsender import PacketResult


class Sender:
    """Sends 200-byte packets at a steady rate and reports every 100 ms which arrived."""

    def __init__(self, estimate: SendEstimate, seed: int = 1) -> None:
        self.estimate = estimate
        self.rng = random.Random(seed)
        self.now_us = 1_000_000
        self.sequence = 0

    def run(
        self,
        seconds: float,
        rate_bps: float,
        *,
        delay_ms: Callable[[float], float] = lambda _: 50.0,
        loss: float = 0.0,
    ) -> None:
        start_us, batch = self.now_us, list[PacketResult]()
        next_report_us = self.now_us + 100_000
        while self.now_us < start_us + seconds * 1e6:
            arrived_us = self.now_us + int(delay_ms((self.now_us - start_us) / 1e6) * 1000)
            lost = self.rng.random() < loss
            batch.append(
                PacketResult(self.sequence & 0xFFFF, self.now_us, None if lost else arrived_us, 200, False)
            )
            self.sequence += 1
            self.now_us += int(200 * 8e6 / rate_bps)
            if self.now_us >= next_report_us:
                self.estimate.on_results(batch, self.now_us / 1000 + 100)
                batch, next_report_us = [], self.now_us + 100_000


def test_the_start_value_holds_until_the_first_measurement() -> None:
    estimate = SendEstimate(100_000)
    assert estimate.estimate_bps == 100_000
    assert estimate.rtt_ms is None
    assert estimate.loss_ratio == 0
    assert estimate.app_limited


def test_a_used_link_grows_by_about_eight_percent_a_second() -> None:
    estimate = SendEstimate(100_000)
    Sender(estimate).run(5, 95_000)
    assert 130_000 < estimate.estimate_bps < 160_000


def test_an_idle_link_does_not_grow() -> None:
    estimate = SendEstimate(100_000)
    Sender(estimate).run(30, 40_000)
    assert estimate.estimate_bps == 100_000
    assert estimate.app_limited


def test_a_growing_queue_brings_the_estimate_below_the_delivered_rate() -> None:
    estimate = SendEstimate(100_000)
    sender = Sender(estimate)
    sender.run(3, 95_000)
    sender.run(4, 100_000, delay_ms=lambda elapsed_s: 50 + 150 * elapsed_s)
    assert estimate.queue_ms > 200
    assert estimate.estimate_bps < 0.95 * estimate.received_bps


@pytest.mark.parametrize("loss", [0.01, 0.05, 0.1, 0.2])
def test_random_loss_is_not_congestion(loss: float) -> None:
    estimate = SendEstimate(60_000)
    sender = Sender(estimate)
    for _ in range(30):
        sender.run(1, 0.95 * estimate.estimate_bps, loss=loss)
    assert estimate.estimate_bps > 300_000
    assert estimate.loss_ratio == pytest.approx(loss, abs=0.06)


def test_loss_that_grows_with_the_rate_is_congestion() -> None:
    estimate = SendEstimate(200_000)
    sender = Sender(estimate)
    sender.run(10, 100_000, loss=0.02)
    sender.run(3, 190_000, loss=0.3)
    assert estimate.estimate_bps < 150_000


def test_a_drifting_clock_is_not_taken_for_a_queue() -> None:
    estimate = SendEstimate(100_000)
    Sender(estimate).run(120, 50_000, delay_ms=lambda elapsed_s: 50 + 0.2 * elapsed_s)  # 200 ppm
    assert estimate.queue_ms < 10


def test_radio_jitter_does_not_lower_the_estimate() -> None:
    estimate = SendEstimate(100_000)
    rng = random.Random(5)
    Sender(estimate).run(20, 90_000, delay_ms=lambda _: 50 + rng.uniform(0, 100))
    assert estimate.estimate_bps >= 100_000


def cluster(rate_bps: float, count: int = 8, start_us: int = 1_000_000) -> list[PacketResult]:
    spacing_us = int(300 * 8e6 / rate_bps)
    return [PacketResult(n, start_us, start_us + 50_000 + n * spacing_us, 300, True) for n in range(count)]


def test_a_cluster_on_an_idle_link_finds_a_thin_rate_at_once() -> None:
    estimate = SendEstimate(100_000)
    estimate.on_results(cluster(40_000), 2_000)
    assert 30_000 < estimate.estimate_bps < 40_000


def test_a_cluster_raises_the_estimate_by_a_bounded_step() -> None:
    estimate = SendEstimate(100_000)
    estimate.on_results(cluster(2_000_000), 2_000)
    assert estimate.estimate_bps == 300_000
    estimate.on_results(cluster(2_000_000, start_us=5_000_000), 6_000)
    assert estimate.estimate_bps == 900_000


def test_a_cluster_reported_in_two_parts_counts_once() -> None:
    estimate = SendEstimate(100_000)
    whole = cluster(2_000_000, count=12)
    estimate.on_results(whole[:6], 2_000)
    estimate.on_results(whole[6:], 2_100)
    assert estimate.estimate_bps == 300_000


def test_a_short_cluster_changes_nothing() -> None:
    estimate = SendEstimate(100_000)
    estimate.on_results(cluster(40_000, count=2), 2_000)
    assert estimate.estimate_bps == 100_000


def test_probes_are_not_taken_for_a_queue_or_for_loss() -> None:
    estimate = SendEstimate(100_000)
    Sender(estimate).run(2, 50_000)
    lost = [result._replace(arrived_us=None) for result in cluster(30_000, start_us=3_000_000)]
    estimate.on_results([*cluster(30_000, start_us=3_000_000), *lost], 4_000)
    assert estimate.queue_ms < 1
    assert estimate.loss_ratio == 0


def test_report_blocks_give_round_trip_time_and_loss_where_feedback_does_not() -> None:
    estimate = SendEstimate(100_000)
    estimate.on_report_block(0.1, 400)
    estimate.on_report_block(0.1, None)
    assert estimate.rtt_ms == 400
    assert estimate.loss_ratio == pytest.approx(0.1)


def test_the_estimate_stays_within_its_bounds_whatever_a_peer_claims() -> None:
    estimate = SendEstimate(1e12)
    assert estimate.estimate_bps == MAX_ESTIMATE_BPS
    rng = random.Random(3)
    for step in range(2_000):
        sent_us = step * 10_000
        arrived = rng.choice([None, sent_us, sent_us + rng.randrange(10**9), rng.randrange(10**12)])
        result = PacketResult(step & 0xFFFF, sent_us, arrived, rng.randrange(1, 1500), rng.random() < 0.2)
        estimate.on_results([result], sent_us / 1000 + rng.randrange(3_000))
        assert MIN_ESTIMATE_BPS <= estimate.estimate_bps <= MAX_ESTIMATE_BPS


def test_a_packet_lost_inside_a_cluster_does_not_make_the_link_look_slower() -> None:
    estimate = SendEstimate(100_000)
    whole = cluster(40_000, count=4)
    whole[1] = whole[1]._replace(arrived_us=None)
    estimate.on_results(whole, 2_000)
    assert estimate.estimate_bps == pytest.approx(0.85 * 40_000, rel=0.01)
    assert estimate.tested


def test_a_cluster_beside_voice_raises_but_never_lowers_a_confirmed_estimate() -> None:
    estimate = SendEstimate(100_000)
    estimate.on_results(cluster(40_000), 2_000)
    sender = Sender(estimate)
    sender.now_us = 5_000_000
    sender.run(3, 12_000)
    estimate.on_results(cluster(20_000, start_us=8_000_000), 8_500)
    assert estimate.estimate_bps == pytest.approx(34_000, rel=0.01)
    estimate.on_results(cluster(400_000, start_us=8_500_000), 9_000)
    assert estimate.estimate_bps == pytest.approx(85_000, rel=0.01)


def test_a_link_filled_by_the_call_lowers_an_unconfirmed_estimate_at_once() -> None:
    estimate = SendEstimate(96_000)
    sender = Sender(estimate)
    # 24 kbit/s of voice on a link of 16: the queue grows by half a second each second.
    sender.run(2, 24_000, delay_ms=lambda elapsed_s: 50 + 500 * elapsed_s)
    assert estimate.estimate_bps < 24_000


def through(sender: Sender, capacity_bps: float, seconds: int) -> list[int]:
    """Use nine tenths of the estimate on a link that queues the excess; returns the estimate of each second."""
    held_ms, estimates = 0.0, []
    for _ in range(seconds):
        rate_bps = 0.9 * sender.estimate.estimate_bps
        start_ms, slope = held_ms, max(-held_ms, (rate_bps / capacity_bps - 1) * 1000)
        got_bps = min(rate_bps, capacity_bps)
        sender.run(1, got_bps, delay_ms=lambda t, start_ms=start_ms, slope=slope: 50 + start_ms + slope * t)
        held_ms = max(0.0, held_ms + slope)
        estimates.append(sender.estimate.estimate_bps)
    return estimates


def test_a_link_once_full_is_used_to_just_below_that_rate_and_rarely_tested_beyond() -> None:
    estimate = SendEstimate(90_000)
    estimates = through(Sender(estimate), 120_000, 180)
    falls = sum(later < 0.95 * earlier for earlier, later in pairwise(estimates[30:]))
    assert falls <= 5
    settled = sorted(estimates[30:])
    assert settled[len(settled) // 2] >= 0.8 * 120_000
    assert settled[-1] <= 1.3 * 120_000


def test_the_estimate_follows_a_widened_link_after_a_cautious_while() -> None:
    estimate = SendEstimate(60_000)
    sender = Sender(estimate)
    through(sender, 64_000, 30)
    assert through(sender, 1_000_000, 60)[-1] > 300_000


def test_while_the_peer_is_silent_the_estimate_leaves_room_for_a_voice() -> None:
    estimate = SendEstimate(100_000)
    sender = Sender(estimate)
    sender.run(2, 90_000)
    known_bps = estimate.estimate_bps
    estimate.on_silence(400.0)
    assert estimate.estimate_bps == known_bps
    estimate.on_silence(2_500.0)
    assert estimate.estimate_bps == MIN_ESTIMATE_BPS
    sender.run(1.0, 50_000)
    assert estimate.estimate_bps == pytest.approx(known_bps, rel=0.1)


def test_after_a_long_silence_the_link_is_measured_anew() -> None:
    estimate = SendEstimate(100_000)
    sender = Sender(estimate)
    sender.run(2, 90_000)
    estimate.on_silence(9_000.0)
    sender.now_us += 6_000_000
    sender.run(1.0, 10_000)
    assert estimate.estimate_bps <= RETURN_BPS


def test_a_fall_during_a_silence_is_followed_within_a_second() -> None:
    estimate = SendEstimate(250_000)
    sender = Sender(estimate)
    sender.run(2, 200_000)
    estimate.on_silence(2_500.0)
    sender.run(1.0, 20_000, delay_ms=lambda elapsed_s: 1_000 + 100 * elapsed_s)
    assert estimate.estimate_bps < 100_000


def test_a_short_queue_without_loss_costs_a_fifth_at_most() -> None:
    estimate = SendEstimate(140_000)
    sender = Sender(estimate)
    sender.run(3, 100_000, loss=0.1)
    sender.run(1.9, 100_000, delay_ms=lambda elapsed_s: 50 + 75 * elapsed_s, loss=0.1)
    assert 0.75 * 140_000 <= estimate.estimate_bps < 140_000


def test_lasting_jitter_is_in_time_taken_for_radio_jitter() -> None:
    estimate = SendEstimate(200_000)
    rng = random.Random(5)
    sender = Sender(estimate)
    sender.run(40, 120_000, delay_ms=lambda _: 50 + abs(rng.gauss(75, 30)))
    assert estimate.queue_tolerance_ms > 110
    before_bps = estimate.estimate_bps
    sender.run(20, 120_000, delay_ms=lambda _: 50 + abs(rng.gauss(75, 30)))
    assert estimate.estimate_bps >= before_bps


def test_packets_delayed_by_a_gap_do_not_count_for_the_link_after_it() -> None:
    estimate = SendEstimate(250_000)
    sender = Sender(estimate)
    sender.run(2, 200_000)
    known_bps = estimate.estimate_bps
    estimate.on_silence(60_000.0)
    assert estimate.silent
    sender.run(0.3, 100_000, delay_ms=lambda elapsed_s: 60_000 - 1_000 * elapsed_s)
    assert not estimate.silent
    sender.run(1, 30_000)
    assert estimate.estimate_bps >= 0.9 * known_bps


def test_after_a_collapse_only_later_arrivals_count() -> None:
    estimate = SendEstimate(250_000)
    sender = Sender(estimate)
    sender.run(3, 200_000)
    # From here on one packet arrives every 80 ms, behind a full queue.
    sender.run(0.8, 20_000, delay_ms=lambda _: 450.0)
    assert estimate.estimate_bps <= 25_000


def test_a_silence_that_began_in_a_queue_does_not_restore_the_earlier_estimate() -> None:
    estimate = SendEstimate(250_000)
    sender = Sender(estimate)
    sender.run(2, 200_000)
    sender.run(0.3, 200_000, delay_ms=lambda elapsed_s: 50 + 2_500 * elapsed_s)
    assert estimate.queue_ms > 150
    estimate.on_silence(2_500.0)
    sender.run(3, 10_000)
    assert estimate.estimate_bps <= 1.1 * RETURN_BPS  # it has grown a little since


def test_a_round_trip_time_measured_through_a_gap_does_not_delay_the_estimate() -> None:
    estimate = SendEstimate(250_000)
    sender = Sender(estimate)
    sender.run(2, 200_000)
    estimate.on_silence(60_000.0)
    for _ in range(8):
        estimate.on_report_block(0.0, 60_000.0)
    estimate.on_resumed(sender.now_us / 1000)
    sender.run(4, 20_000)
    assert not estimate.silent
    assert estimate.estimate_bps > MIN_ESTIMATE_BPS
