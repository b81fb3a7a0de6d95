"""A talking head whose encoder reports a fine picture: links are not filled needlessly, and are measured."""

from __future__ import annotations

from statistics import median

import pytest

from benchmarks.lab.emulator.profiles import PROFILES, Conditions
from media.core.quality import GOOD_BPS, NEXT_BPS
from tests.sim.page import FACE_QUANTIZER
from tests.sim.twoway import WARM_S, TwoWayCall, between, rung_changes

RTT_MS = 200.0


def faces(conditions: Conditions, warm_s: float = WARM_S, seed: int = 1) -> TwoWayCall:
    call = TwoWayCall(conditions, warm_s=warm_s, seed=seed)
    for side in call.sides:
        side.page.quantizer = FACE_QUANTIZER
    return call


def bitrates(call: TwoWayCall, from_ms: float) -> set[int]:
    """The bitrates that the server requests of both sides from then on."""
    return {
        moment.parameters.video.max_bitrate_bps for side in call.sides for moment in between(side, from_ms)
    }


def test_a_face_stays_good_on_a_link_known_to_be_too_thin_for_more() -> None:
    call = faces(Conditions(256, 256, RTT_MS)).run(30)
    settled_ms = call.now_ms
    call.run(30)
    assert bitrates(call, settled_ms) == {GOOD_BPS}


@pytest.mark.parametrize("warm_s", [WARM_S, 0.0])
def test_a_face_gets_more_lines_on_a_wide_link(warm_s: float) -> None:
    call = faces(PROFILES["bamako"], warm_s).run(60)
    assert min(bitrates(call, call.now_ms - 1_000)) >= NEXT_BPS


def test_a_trial_against_the_evidence_costs_no_voice_and_ends() -> None:
    call = faces(Conditions(256, 256, RTT_MS)).run(30)
    settled_ms = call.now_ms
    call.run(600)
    assert max(bitrates(call, settled_ms)) > GOOD_BPS
    for side in call.sides:
        moments = between(side, settled_ms)
        good = sum(moment.parameters.video.max_bitrate_bps <= GOOD_BPS for moment in moments)
        assert good >= 0.75 * len(moments)
        assert call.voice(side, settled_ms).lost_ratio <= 0.01
        assert rung_changes(moments) <= 2 * 10


def fallen(seed: int) -> tuple[TwoWayCall, float]:
    """A call 12 s after its link fell from 256 to 20 kbit/s, and the time of the fall, which varies by seed."""
    call = faces(Conditions(256, 256, RTT_MS), seed=seed).run(30 + seed * 0.037)
    fall_ms = call.now_ms
    call.schedule([(0, {"down_kbps": 20, "up_kbps": 20}), (20, {"down_kbps": 256, "up_kbps": 256})])
    return call.run(12), fall_ms


def test_a_fall_rarely_interrupts_voice_for_half_a_second() -> None:
    gaps_ms = []
    for seed in range(1, 9):
        call, fall_ms = fallen(seed)
        gaps_ms += [
            call.voice(speaker, fall_ms - 1_000, fall_ms + 8_000).longest_gap_ms for speaker in call.sides
        ]
    # Chance decides whether two packets of a picture enter the link back to back.
    assert sum(gap <= 500 for gap in gaps_ms) >= 0.75 * len(gaps_ms)
    assert median(gaps_ms) <= 400


def test_a_fall_pauses_the_picture_until_the_link_recovers() -> None:
    call, fall_ms = fallen(1)
    rise_ms = fall_ms + 20_000
    call.run(20)
    for viewer in call.sides:
        late = [at_ms for at_ms, _ in viewer.page.seen if fall_ms + 2_000 + RTT_MS < at_ms < fall_ms + 10_000]
        assert len(late) <= 5  # late packets, repeated for a NACK from before the fall was known
        assert any(rise_ms + 500 < at_ms < rise_ms + 10_000 for at_ms, _ in viewer.page.seen)
