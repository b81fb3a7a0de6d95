"""Whole calls in virtual time: video always falls before voice, queues stay short, nothing oscillates."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.sim.call import CallSim, Outcome

LINK_QUEUE_MS = 400.0
# The engine's assumption before the first probe.
START_BPS = 96_000


def call(rate_kbps: int, loss: float, *, thin: str, seconds: float = 60, seed: int = 1) -> Outcome:
    sim = CallSim(
        rate_bps=rate_kbps * 1000,
        loss=loss,
        thin=thin,
        queue_ms=LINK_QUEUE_MS,
        start_bps=START_BPS,
        seed=seed,
    )
    return sim.run(seconds)


@pytest.mark.parametrize("thin", ["down", "up"])
@pytest.mark.parametrize("loss", [0.0, 0.01, 0.1])
@pytest.mark.parametrize("rate_kbps", [64, 128, 256])
@pytest.mark.parametrize("seed", [1, 2])
def test_voice_is_neither_lost_nor_delayed(rate_kbps: int, loss: float, thin: str, seed: int) -> None:
    outcome = call(rate_kbps, loss, thin=thin, seed=seed)
    assert all(moment.parameters.audio.active for moment in outcome.moments)
    assert outcome.voice_dropped <= 0.01 * outcome.voice_sent
    assert outcome.voice_delay_ms(0.95) <= 300
    queues = sorted(moment.link_queue_ms for moment in outcome.moments)
    assert queues[int(0.95 * len(queues))] <= 300


@pytest.mark.parametrize("thin", ["down", "up"])
@pytest.mark.parametrize("loss", [0.0, 0.01, 0.1])
@pytest.mark.parametrize(("rate_kbps", "least_kbps"), [(128, 35), (256, 80), (1_000, 300)])
def test_video_uses_what_voice_leaves_at_any_random_loss(
    rate_kbps: int, least_kbps: int, loss: float, thin: str
) -> None:
    outcome = call(rate_kbps, loss, thin=thin)
    assert outcome.video_share(5_000) >= 0.75
    assert outcome.video_bytes * 8 / 60_000 >= least_kbps


@pytest.mark.parametrize("loss", [0.0, 0.01, 0.1])
@pytest.mark.parametrize("rate_kbps", [64, 128, 256])
def test_a_publishers_parameters_change_rarely(rate_kbps: int, loss: float) -> None:
    outcome = call(rate_kbps, loss, thin="down", seconds=120)
    # The steps below 30 kbit/s are close together: a thin link with loss may change once in four seconds.
    assert outcome.changes(30_000) <= 90 / 4
    assert outcome.pauses() <= 4


def test_video_is_rarely_tried_on_a_link_that_carries_voice_alone() -> None:
    outcome = call(26, 0.0, thin="down", seconds=120)
    assert outcome.video_share(30_000) <= 0.2
    assert outcome.voice_dropped <= 0.02 * outcome.voice_sent
    starts = [
        later.now_ms
        for earlier, later in pairwise(outcome.moments)
        if later.parameters.video.active and not earlier.parameters.video.active
    ]
    waits = [later - earlier for earlier, later in pairwise(starts)]
    assert waits == sorted(waits), "each trial waits longer than the last"


def test_video_gives_way_within_seconds_when_the_link_collapses() -> None:
    sim = CallSim(rate_bps=256_000, start_bps=START_BPS)
    sim.run(30)
    sim.link.rate_bps = 32_000
    outcome = sim.run(30)
    paused_ms = next(moment.now_ms for moment in outcome.after(30_000) if not moment.parameters.video.active)
    assert paused_ms <= 35_000
    until_the_trial = [moment for moment in outcome.after(36_000) if moment.now_ms < 42_000]
    assert all(moment.link_queue_ms < 100 for moment in until_the_trial)


def test_video_comes_back_by_itself_when_the_link_recovers() -> None:
    sim = CallSim(rate_bps=40_000, start_bps=START_BPS)
    sim.run(40)
    sim.link.rate_bps = 256_000
    outcome = sim.run(120)
    last = outcome.after(150_000)
    assert all(moment.parameters.video.active for moment in last)
    assert last[-1].parameters.video.max_bitrate_bps >= 75_000


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_long_path_is_not_taken_for_a_full_queue(seed: int) -> None:
    outcome = CallSim(rate_bps=240_000, loss=0.01, rtt_ms=840, start_bps=START_BPS, seed=seed).run(60)
    assert outcome.pauses() == 0
    assert outcome.video_share(5_000) == 1.0


def test_the_same_seed_gives_the_same_call() -> None:
    assert call(64, 0.1, thin="down").moments == call(64, 0.1, thin="down").moments
