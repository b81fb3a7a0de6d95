"""Random loss and loss that grows with the rate."""

from __future__ import annotations

import random

import pytest

from media.core.estimate.congestion.losshistory import LossHistory
from media.core.estimate.twccsender import PacketResult


def feed(
    history: LossHistory, start_s: int, seconds: int, per_s: int, loss: float, rng: random.Random
) -> int:
    """How many times, asked each second, the history says that loss grows with the rate."""
    verdicts = 0
    for second in range(start_s, start_s + seconds):
        for n in range(per_s):
            sent_us = second * 1_000_000 + n * 1_000_000 // per_s
            arrived_us = None if rng.random() < loss else sent_us
            history.add(PacketResult((second * per_s + n) & 0xFFFF, sent_us, arrived_us, 200, False))
        verdicts += history.grows_with_rate()
    return verdicts


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("loss", [0.0, 0.05, 0.1, 0.2])
def test_loss_that_is_the_same_at_any_rate_is_random(loss: float, seed: int) -> None:
    history, rng = LossHistory(), random.Random(seed)
    verdicts = feed(history, 0, 10, 17, loss, rng) + feed(history, 10, 20, 60, loss, rng)
    assert verdicts <= 1


def test_more_loss_at_the_higher_rate_is_a_full_link() -> None:
    history, rng = LossHistory(), random.Random(1)
    assert feed(history, 0, 10, 17, 0.02, rng) == 0
    assert feed(history, 10, 5, 60, 0.25, rng) >= 1


def test_heavy_loss_without_comparison_justifies_one_experiment() -> None:
    history, rng = LossHistory(), random.Random(1)
    assert feed(history, 0, 4, 60, 0.4, rng) >= 1


def test_an_experiment_that_did_not_help_is_not_repeated() -> None:
    history, rng = LossHistory(), random.Random(1)
    feed(history, 0, 8, 60, 0.4, rng)
    feed(history, 8, 4, 30, 0.4, rng)  # while the last seconds still mix both rates
    assert feed(history, 12, 8, 30, 0.4, rng) == 0


def test_a_packet_that_arrives_late_is_not_lost() -> None:
    history = LossHistory()
    for n in range(10):
        history.add(PacketResult(n, n * 1_000, None if n == 3 else 1, 200, False))
    assert history.ratio == pytest.approx(0.1)
    history.add(PacketResult(3, 3_000, 90_000, 200, False))
    assert history.ratio == 0
    assert history.packets == 10
