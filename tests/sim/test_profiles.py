"""The whole table of links, both directions at once, from a warm leg and from nothing known."""

from __future__ import annotations

import pytest

from benchmarks.lab.emulator.profiles import PROFILES, Conditions
from tests.sim.twoway import WARM_S, TwoWayCall, between, queue_ms, rung_changes, stubborn_video, used_share

SYMMETRIC = {str(kbps): Conditions(kbps, kbps, 200) for kbps in (16, 32, 64, 128, 256)}
LINKS = PROFILES | SYMMETRIC
SETTLE_S, WINDOW_S = 20.0, 60.0
# Our aim for a standing queue on the way down, where the relay sends.
QUEUE_MS = 200.0
# Here 10 kbit/s of voice and the reports are nearly all that fits, and one chunk of a still is half a queue.
BARELY_VOICE = {"16", "2g-rural"}
BARELY_VOICE_QUEUE_MS = 250.0
# The way up is the browser's own control under our ceiling: the links hold 400 ms, and it may not stand at that.
UP_QUEUE_MS = 380.0
# Rungs of the way down change twice a minute at most; 3g still climbs through the first of these.
CHANGES = 3
# Thin ways up swing between voice, thin voice and stills, which sound alike.
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
        # A loss of the air beyond the link's own, or the queue's, would be ours.
        air = 1 - (1 - station.conditions.loss_percent / 100) * (1 - 0.002)
        assert call.voice(speaker, from_ms).lost_ratio <= air + 0.03
        assert len(stubborn_video(call, speaker, call.joined_ms, patience_ms)) <= 1


def test_queues_stay_short(settled: Settled) -> None:
    name, call, _ = settled
    most_ms = BARELY_VOICE_QUEUE_MS if name in BARELY_VOICE else QUEUE_MS
    assert queue_ms(call.station.down) <= most_ms
    assert queue_ms(call.station.up) <= UP_QUEUE_MS


def test_what_people_are_told_of_the_picture_stays(settled: Settled) -> None:
    name, call, from_ms = settled
    assert rung_changes(between(call.doctor, from_ms)) <= CHANGES
    up_changes = rung_changes(between(call.station, from_ms))
    assert up_changes <= (THIN_UP_CHANGES if name in THIN_UP else CHANGES)


def test_the_link_is_used(settled: Settled) -> None:
    name, call, from_ms = settled
    # On the doctor's own link the highest step of a picture is a third of it.
    assert used_share(call.station.down, WINDOW_S) >= (0.2 if name == "bamako" else 0.6)
    estimates = [moment.down_bps for moment in between(call.station, from_ms)]
    rate_bps = 1000 * call.station.conditions.down_kbps
    assert sorted(estimates)[len(estimates) // 2] <= 1.25 * rate_bps
    if rate_bps >= 64_000:
        assert call.seen_bps(call.station, from_ms) >= 0.3 * min(rate_bps, 1_000_000)


def test_the_same_seed_gives_the_same_call() -> None:
    one, other = (TwoWayCall(LINKS["edge"], seed=3).run(20) for _ in range(2))
    assert one.station.moments == other.station.moments
    assert one.doctor.page.heard == other.doctor.page.heard
