"""The whole table of links, both directions at once, from a warm leg and without prior knowledge."""

from __future__ import annotations

import pytest

from benchmarks.lab.emulator.profiles import PROFILES, Conditions
from tests.sim.twoway import (
    WARM_S,
    TwoWayCall,
    between,
    queue_ms,
    rung_changes,
    used_share,
    video_kept_over_voice,
)

SYMMETRIC = {str(kbps): Conditions(kbps, kbps, 200) for kbps in (16, 32, 64, 128, 256)}
LINKS = PROFILES | SYMMETRIC
SETTLE_S, WINDOW_S = 20.0, 60.0
# The aim for a standing queue on the downlink, where the relay sends.
QUEUE_MS = 200.0
# These links carry little more than 10 kbit/s of voice and the reports; one chunk of a still is half a queue.
BARELY_VOICE = {"16", "2g-rural"}
BARELY_VOICE_QUEUE_MS = 250.0
# The browser's own control decides on the uplink, below the server's limit. Links queue up to 400 ms, and the queue
# may not stay full.
UP_QUEUE_MS = 380.0
# Rungs of the downlink change twice a minute at most; 3g still climbs early in the window.
CHANGES = 3
# Thin uplinks alternate between voice, thin voice and stills, which sound alike.
THIN_UP = {"16", "2g-rural", "64", "edge", "vsat"}
THIN_UP_CHANGES = 9


@pytest.fixture(
    scope="module", params=[(name, warm_s) for name in LINKS for warm_s in (WARM_S, 0.0)], ids=str
)
def settled(request: pytest.FixtureRequest) -> tuple[str, TwoWayCall, float]:
    name, warm_s = request.param
    call = TwoWayCall(LINKS[name], warm_s=warm_s).settle(SETTLE_S)
    from_ms = call.now_ms
    return name, call.run(WINDOW_S), from_ms


Settled = tuple[str, TwoWayCall, float]


def test_a_call_never_begins_with_a_flood(settled: Settled) -> None:
    _, call, _ = settled
    for speaker, listener in (call.sides, call.sides[::-1]):
        dropped = [*speaker.up.voice_dropped_ms, *listener.down.voice_dropped_ms]
        early = [at_ms for at_ms in dropped if at_ms < call.joined_ms + 10_000]
        spoken = [at_ms for at_ms in speaker.page.spoken.values() if at_ms < call.joined_ms + 10_000]
        assert len(early) <= 0.06 * len(spoken)


def test_voice_comes_through_and_video_gives_way_before_it(settled: Settled) -> None:
    _, call, from_ms = settled
    station = call.station
    patience_ms = 2_000 + station.conditions.rtt_ms
    for speaker in call.sides:
        assert all(moment.parameters.audio.active for moment in between(speaker, call.joined_ms))
        # Loss beyond the link's own random loss is the relay's fault.
        air = 1 - (1 - station.conditions.loss_percent / 100) * (1 - 0.002)
        assert call.voice(speaker, from_ms).lost_ratio <= air + 0.03
        assert len(video_kept_over_voice(call, speaker, call.joined_ms, patience_ms)) <= 1


def test_queues_stay_short(settled: Settled) -> None:
    name, call, _ = settled
    most_ms = BARELY_VOICE_QUEUE_MS if name in BARELY_VOICE else QUEUE_MS
    assert queue_ms(call.station.down) <= most_ms
    assert queue_ms(call.station.up) <= UP_QUEUE_MS


def test_the_rung_shown_to_people_seldom_changes(settled: Settled) -> None:
    name, call, from_ms = settled
    assert rung_changes(between(call.doctor, from_ms)) <= CHANGES
    up_changes = rung_changes(between(call.station, from_ms))
    assert up_changes <= (THIN_UP_CHANGES if name in THIN_UP else CHANGES)


def test_the_link_is_used(settled: Settled) -> None:
    name, call, from_ms = settled
    # The highest step of a picture is a third of the doctor's own link.
    assert used_share(call.station.down, WINDOW_S) >= (0.2 if name == "bamako" else 0.6)
    estimates = [moment.down_bps for moment in between(call.station, from_ms)]
    rate_bps = 1000 * call.station.conditions.down_kbps
    assert sorted(estimates)[len(estimates) // 2] <= 1.25 * rate_bps
    if rate_bps >= 64_000:
        assert call.seen_bps(call.station, from_ms) >= 0.3 * min(rate_bps, 1_000_000)


def test_no_ordinary_link_is_taken_for_one_that_drops_large_packets(settled: Settled) -> None:
    _, call, _ = settled
    assert [side.vanished_ms for side in call.sides] == [[], []]


def test_the_same_seed_gives_the_same_call() -> None:
    one, other = (TwoWayCall(LINKS["edge"], seed=3).run(20) for _ in range(2))
    assert one.station.moments == other.station.moments
    assert one.doctor.page.heard == other.doctor.page.heard
