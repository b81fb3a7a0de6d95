"""What a call costs a data plan."""

import pytest

from benchmarks.lab.readings.report import data_mb_per_15min


def test_both_ways_are_paid_for():
    assert data_mb_per_15min(64, 64) == pytest.approx(14.4)
    assert data_mb_per_15min(0, 0) == 0
