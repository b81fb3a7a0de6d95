"""How far back-off lowers an estimate."""

from __future__ import annotations

import pytest

from media.core.estimate.congestion.backoff import (
    BURST_CEILING_SHARE,
    COMES_THROUGH_BACK_OFF,
    LOSS_BACK_OFF,
    LOSS_LEAST_SHARE,
    RADIO_LOSS,
    Flow,
    after_loss,
    after_queue,
)
from media.core.estimate.congestion.rates import USABLE_SHARE

ESTIMATE_BPS = 100_000.0


def test_a_full_link_brings_the_estimate_below_the_delivered_rate() -> None:
    fall = after_queue(ESTIMATE_BPS, Flow(90_000, 40_000, 0.0), burst=False)
    assert fall.to_bps == USABLE_SHARE * 40_000
    assert fall.full_at_bps == 40_000


def test_random_loss_counts_as_delivered_by_the_link() -> None:
    fall = after_queue(ESTIMATE_BPS, Flow(90_000, 40_000, 0.1), burst=False)
    assert fall.to_bps == pytest.approx(USABLE_SHARE * 40_000 / 0.9)
    most = after_queue(ESTIMATE_BPS, Flow(90_000, 40_000, 0.5), burst=False)
    assert most.to_bps == pytest.approx(USABLE_SHARE * 40_000 / (1 - RADIO_LOSS))


def test_a_queue_without_loss_costs_a_fifth_at_most() -> None:
    fall = after_queue(ESTIMATE_BPS, Flow(40_000, 38_000, 0.0), burst=False)
    assert fall.to_bps == COMES_THROUGH_BACK_OFF * ESTIMATE_BPS


def test_a_burst_costs_a_fifth_at_most_and_leaves_the_ceiling_close() -> None:
    fall = after_queue(ESTIMATE_BPS, Flow(90_000, 40_000, 0.0), burst=True)
    assert fall.to_bps == COMES_THROUGH_BACK_OFF * ESTIMATE_BPS
    assert fall.full_at_bps == BURST_CEILING_SHARE * ESTIMATE_BPS


def test_loss_takes_a_third_at_most() -> None:
    fall = after_loss(ESTIMATE_BPS, Flow(90_000, 10_000, 0.4))
    assert fall.to_bps == LOSS_LEAST_SHARE * ESTIMATE_BPS


def test_loss_brings_the_estimate_just_below_the_delivered_rate() -> None:
    fall = after_loss(ESTIMATE_BPS, Flow(95_000, 72_000, 0.15))
    assert fall.to_bps == pytest.approx(LOSS_BACK_OFF * 72_000 / 0.85)
    assert fall.full_at_bps == pytest.approx(72_000 / 0.85)


def test_random_loss_alone_costs_a_fifth_at_most() -> None:
    fall = after_loss(ESTIMATE_BPS, Flow(40_000, 36_000, 0.1))
    assert fall.to_bps == COMES_THROUGH_BACK_OFF * ESTIMATE_BPS
