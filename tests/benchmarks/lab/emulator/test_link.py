"""The emulated link in virtual time: rate, delay, jitter, queue, loss, black-outs and changes."""

import math
import random

import pytest

from benchmarks.lab.emulator.link import OPEN, Link, Shape

PACKET = bytes(1000)  # 8000 bit: 100 ms at 80 kbit/s


def run(link, offers, until_s=1000.0):
    """Offer (time, packet) pairs, step the link by its own events; returns (arrival time, packet) pairs."""
    arrived = []
    pending = list(offers)
    while True:
        next_s = min(pending[0][0] if pending else math.inf, link.next_event_s())
        if next_s > until_s:
            return arrived
        if pending and pending[0][0] <= next_s:
            link.offer(*pending.pop(0))
        arrived += [(next_s, packet) for packet in link.due(next_s)]


def link(seed=1, **shape):
    return Link(Shape(**shape), random.Random(seed))


def numbered(count, every_s, size=200, start_s=0.0):
    return [(start_s + i * every_s, i.to_bytes(4, "big") + bytes(size - 4)) for i in range(count)]


def test_an_open_link_delivers_at_once():
    assert run(Link(OPEN, random.Random(1)), [(3.0, PACKET)]) == [(3.0, PACKET)]


def test_a_packet_takes_its_transmission_time_and_the_propagation_delay():
    [(arrival_s, _)] = run(link(rate_bps=80_000, delay_ms=420), [(1.0, PACKET)])
    assert arrival_s == pytest.approx(1.0 + 0.1 + 0.42)


@pytest.mark.parametrize("rate_kbps", [18, 64, 240, 4000])
def test_a_flooded_link_delivers_exactly_its_rate(rate_kbps):
    flooded = link(rate_bps=rate_kbps * 1000)
    interval_s = 1000 * 8 / (rate_kbps * 1000) / 3  # three times what fits
    arrived = run(flooded, [(i * interval_s, PACKET) for i in range(3000)])
    first_s, last_s = arrived[0][0], arrived[-1][0]
    bits = 8000 * (len(arrived) - 1)
    assert bits / (last_s - first_s) == pytest.approx(rate_kbps * 1000, rel=1e-6)
    assert flooded.tally.dropped_queue == 3000 - len(arrived) > 0


def test_nobody_waits_longer_than_the_queue_allows():
    flooded = link(rate_bps=80_000, queue_ms=400)
    run(flooded, [(0.0, PACKET) for _ in range(50)])
    waits_ms = flooded.tally.queue_ms
    assert waits_ms == pytest.approx([0, 100, 200, 300, 400])
    assert flooded.tally.dropped_queue == 45


def test_a_packet_larger_than_the_whole_queue_still_passes_an_idle_link():
    arrived = run(link(rate_bps=20_000, queue_ms=10), [(0.0, bytes(1500)), (5.0, bytes(1500))])
    assert [time_s for time_s, _ in arrived] == pytest.approx([0.6, 5.6])


def test_the_queue_drains_between_offers():
    drained = link(rate_bps=80_000, queue_ms=150)
    run(drained, [(0.0, PACKET), (0.0, PACKET), (0.11, PACKET)])
    assert drained.tally.dropped_queue == 0
    assert drained.tally.queue_ms == pytest.approx([0, 100, 90])


def test_jitter_spreads_delays_and_never_reorders():
    jittery = link(rate_bps=1e6, delay_ms=200, jitter_ms=30)
    offers = numbered(2000, every_s=0.5)
    arrived = run(jittery, offers, until_s=2000)
    assert [packet for _, packet in arrived] == [packet for _, packet in offers]
    delays_ms = [(got - sent) * 1000 for (got, _), (sent, _) in zip(arrived, offers, strict=True)]
    mean = sum(delays_ms) / len(delays_ms)
    deviation = math.sqrt(sum((delay - mean) ** 2 for delay in delays_ms) / len(delays_ms))
    assert mean == pytest.approx(201.6, rel=0.02)
    assert deviation == pytest.approx(30, rel=0.1)


def test_dense_packets_under_jitter_keep_their_order():
    offers = numbered(500, every_s=0.002)
    arrived = run(link(rate_bps=1e7, delay_ms=50, jitter_ms=40), offers)
    assert [packet for _, packet in arrived] == [packet for _, packet in offers]


@pytest.mark.parametrize("burst", [None, 4.0])
def test_lost_packets_have_used_their_share_of_the_rate(burst):
    lossy = link(rate_bps=80_000, loss=0.2, burst_packets=burst, queue_ms=1e9)
    arrived = run(lossy, [(0.0, PACKET) for _ in range(5000)])
    assert lossy.tally.dropped_loss == 5000 - len(arrived)
    assert lossy.tally.dropped_loss / 5000 == pytest.approx(0.2, rel=0.15)
    assert arrived[-1][0] == pytest.approx(500, rel=0.01)


def test_a_black_out_holds_what_waits_and_drops_what_does_not_fit():
    dark = link(rate_bps=80_000, delay_ms=10, queue_ms=400)
    dark.offer(0.0, PACKET)
    dark.reshape(0.05, Shape(rate_bps=0, delay_ms=10, queue_ms=400))
    let_in = [dark.offer(1.0 + i, PACKET) for i in range(10)]
    assert dark.due(20.0) == []
    assert dark.next_event_s() == math.inf
    dark.reshape(20.0, Shape(rate_bps=80_000, delay_ms=10, queue_ms=400))
    arrivals = [time_s for time_s, _ in run(dark, [])]
    # Half of the first packet was out before the black-out: its rest takes 50 ms.
    assert arrivals == pytest.approx([20.06 + 0.1 * i for i in range(len(arrivals))])
    assert len(arrivals) == 1 + sum(let_in)
    assert 0 < let_in.count(False) < 10
    assert dark.tally.summary(21)["queue_ms_max"] > 15_000


def test_what_is_in_the_air_arrives_in_spite_of_a_black_out():
    dark = link(rate_bps=80_000, delay_ms=1000)
    dark.offer(0.0, PACKET)
    dark.due(0.1)
    dark.reshape(0.2, Shape(rate_bps=0))
    assert dark.next_event_s() == pytest.approx(1.1)
    assert dark.due(1.1001) == [PACKET]


def test_a_change_of_rate_holds_for_the_rest_of_the_packet_in_transmission():
    changing = link(rate_bps=80_000)
    changing.offer(0.0, PACKET)
    changing.reshape(0.05, Shape(rate_bps=40_000))
    assert [time_s for time_s, _ in run(changing, [])] == pytest.approx([0.15])


def test_a_shorter_delay_does_not_let_packets_overtake():
    shrinking = link(rate_bps=8e6, delay_ms=500)
    shrinking.offer(0.0, b"first")
    shrinking.due(0.01)
    shrinking.reshape(0.02, Shape(rate_bps=8e6, delay_ms=10))
    assert [packet for _, packet in run(shrinking, [(0.03, b"second")])] == [b"first", b"second"]


def test_the_same_seed_gives_the_same_night():
    shape = {"rate_bps": 64_000, "delay_ms": 300, "jitter_ms": 40, "loss": 0.05, "burst_packets": 3}
    offers = numbered(3000, every_s=0.02)
    assert run(link(seed=5, **shape), offers) == run(link(seed=5, **shape), offers)
    assert run(link(seed=5, **shape), offers) != run(link(seed=6, **shape), offers)


def test_every_packet_is_accounted_for():
    busy = link(rate_bps=64_000, delay_ms=100, jitter_ms=20, loss=0.1, queue_ms=300)
    arrived = run(busy, numbered(4000, every_s=0.015))
    tally = busy.tally
    assert tally.offered_packets == 4000
    assert tally.delivered_packets == len(arrived)
    assert tally.delivered_packets + tally.dropped_loss + tally.dropped_queue == 4000
    assert tally.dropped_loss > 0
    assert tally.dropped_queue > 0


def test_a_reset_counts_from_zero_and_keeps_what_is_under_way():
    reset = link(rate_bps=80_000)
    reset.offer(0.0, PACKET)
    reset.reset_tally()
    run(reset, [])
    assert (reset.tally.offered_packets, reset.tally.delivered_packets) == (0, 1)
