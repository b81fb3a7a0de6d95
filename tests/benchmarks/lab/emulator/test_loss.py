"""Loss processes give the configured mean loss and mean burst length, and repeat with the seed."""

import random
from itertools import groupby

import pytest

from benchmarks.lab.emulator.loss import BurstLoss, IndependentLoss, make_loss

PACKETS = 200_000


def fates(process, count=PACKETS):
    return [process.lost() for _ in range(count)]


def burst_lengths(lost):
    return [len(list(run)) for is_lost, run in groupby(lost) if is_lost]


@pytest.mark.parametrize("ratio", [0.01, 0.05, 0.2, 0.5])
def test_independent_loss_comes_out_as_configured(ratio):
    lost = fates(IndependentLoss(ratio, random.Random(1)))
    assert sum(lost) / PACKETS == pytest.approx(ratio, rel=0.05)


@pytest.mark.parametrize("ratio", [0.01, 0.05, 0.2])
@pytest.mark.parametrize("burst", [1.0, 2.5, 8.0])
def test_bursty_loss_comes_out_with_its_mean_and_its_burst_length(ratio, burst):
    lost = fates(BurstLoss(ratio, burst, random.Random(2)))
    lengths = burst_lengths(lost)
    # 200,000 packets at 1 % in bursts of 8 are only 250 bursts: their number wavers by some 6 %.
    assert sum(lost) / PACKETS == pytest.approx(ratio, rel=0.15)
    assert sum(lengths) / len(lengths) == pytest.approx(burst, rel=0.1)


def test_bursts_are_longer_than_those_of_independent_loss_with_the_same_mean():
    independent = burst_lengths(fates(IndependentLoss(0.05, random.Random(3))))
    bursty = burst_lengths(fates(BurstLoss(0.05, 6, random.Random(3))))
    assert max(independent) < 6 < max(bursty)


def test_nothing_is_lost_without_loss():
    assert not any(fates(make_loss(0, None, random.Random(4)), 1000))
    assert not any(fates(make_loss(0, 5, random.Random(4)), 1000))


def test_everything_is_lost_at_ratio_one():
    assert all(fates(make_loss(1, None, random.Random(4)), 1000))


def test_the_same_seed_loses_the_same_packets():
    assert fates(BurstLoss(0.1, 3, random.Random(7)), 5000) == fates(
        BurstLoss(0.1, 3, random.Random(7)), 5000
    )


@pytest.mark.parametrize(("ratio", "burst"), [(-0.1, None), (1.1, None), (0.9, 2.0), (0.1, 0.5)])
def test_impossible_loss_is_refused(ratio, burst):
    with pytest.raises(ValueError, match=r"loss ratio|is impossible|burst has"):
        make_loss(ratio, burst, random.Random(1))
