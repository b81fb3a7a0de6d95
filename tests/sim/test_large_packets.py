"""A path that drops large packets without a word: voice goes on, and pictures pass as stills in small packets."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from benchmarks.lab.emulator.profiles import PROFILES, Conditions
from media.core.parameters import Rung
from tests.sim.twoway import TwoWayCall, between

# Less than a packet of a picture at the rates of these links.
SMALL_BYTES = 750
STORM: Mapping[str, float | None] = {"loss_percent": 30.0, "burst_packets": 3.0}
CALM: Mapping[str, float | None] = {"loss_percent": 0.0, "burst_packets": None}
WIDE = {"down_kbps": 256.0, "up_kbps": 256.0}
THIN = {"down_kbps": 20.0, "up_kbps": 20.0}
CLOSED = {"down_kbps": 0.0, "up_kbps": 0.0}


@pytest.mark.parametrize("name", ["3g", "bamako"])
def test_pictures_pass_as_stills_where_large_packets_vanish_and_flow_again_where_they_do_not(
    name: str,
) -> None:
    call = TwoWayCall(PROFILES[name]).run(30)
    for side in call.sides:
        assert side.moments[-1].parameters.video.active
    closed_ms = call.now_ms
    call.schedule([(0, {"largest_bytes": SMALL_BYTES})])
    call.run(120)
    assert call.station.vanished_ms
    for side, viewer in ((call.station, call.doctor), (call.doctor, call.station)):
        # A picture that is tried from time to time takes the rest; one that is sent on leaves a fifth at most.
        late = between(side, call.now_ms - 60_000)
        assert sum(moment.rung is Rung.STILLS for moment in late) >= 0.4 * len(late), side.name
        assert viewer.page.stills.seen >= 12, side.name
    for side in call.sides:
        assert call.voice(side, closed_ms + 10_000).lost_ratio < 0.02
    opened_ms = call.now_ms
    call.schedule([(0, {"largest_bytes": 1_500})])
    call.run(120)
    for side in call.sides:
        assert side.moments[-1].parameters.video.active
        assert not [at_ms for at_ms in side.vanished_ms if at_ms > opened_ms + 15_000]


ORDINARY: Mapping[str, Conditions] = {
    "random loss": Conditions(256, 256, 200, 10),
    "heavy loss": Conditions(1_000, 1_000, 200, 50),
    "bursts": Conditions(64, 64, 200, 8, burst_packets=6.0),
    "bursts, wide": Conditions(4_000, 1_500, 80, 10, burst_packets=12.0),
    "radio": Conditions(240, 200, 420, 1, jitter_ms=30.0, burst_packets=2.0),
    "short queue": Conditions(128, 128, 200, queue_ms=60.0),
}
# (seconds, what changes)
CHANGING: Mapping[str, list[tuple[float, Mapping[str, float | None]]]] = {
    "storms": [(0, STORM), (10, CALM), (15, STORM), (25, CALM)],
    "a fall": [(0, THIN), (20, WIDE)],
    "gaps": [(0, CLOSED), (1, WIDE), (8, CLOSED), (13, WIDE), (20, CLOSED), (31, WIDE)],
}


@pytest.mark.parametrize("name", ORDINARY)
def test_a_link_that_loses_packets_of_every_size_is_not_taken_for_such_a_path(name: str) -> None:
    call = TwoWayCall(ORDINARY[name]).run(60)
    assert [side.vanished_ms for side in call.sides] == [[], []]


@pytest.mark.parametrize("name", CHANGING)
def test_a_link_that_becomes_bad_in_mid_call_is_not_taken_for_such_a_path(name: str) -> None:
    call = TwoWayCall(Conditions(256, 256, 200)).run(20)
    call.schedule(CHANGING[name])
    call.run(60)
    assert [side.vanished_ms for side in call.sides] == [[], []]
