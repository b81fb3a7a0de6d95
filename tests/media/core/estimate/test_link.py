"""The link level that a waiting room shows."""

from __future__ import annotations

import pytest

from media.core.estimate.link import LinkMeter
from media.core.parameters import LinkQuality


def meter(rtt_ms: float | None = None, *, down: int | None = None, up: int | None = None) -> LinkMeter:
    link = LinkMeter()
    link.heard(0)
    for _ in range(5):
        if rtt_ms is not None:
            link.rtt(rtt_ms, 0)
    link.rates(down_bps=None if down is None else down * 1000, up_bps=None if up is None else up * 1000)
    return link


def test_a_link_without_any_packet_has_level_none() -> None:
    assert LinkMeter().quality(0) == LinkQuality()


def test_ten_seconds_of_silence_mean_no_link() -> None:
    link = meter(100, down=1_000)
    assert link.quality(9_999).level == 4
    assert link.quality(10_000) == LinkQuality()
    link.heard(11_000)
    assert link.quality(11_000).level == 4


@pytest.mark.parametrize(
    ("down", "up", "rtt_ms", "level"),
    [
        (4_000, 1_500, 80, 4),
        (240, 200, 840, 3),
        (780, 330, 200, 4),
        (256, 128, 600, 3),
        (1_000, 1_000, 600, 3),
        (35, 32, 1_300, 2),
        (20, 18, 1_300, 1),
        (64, None, 300, 3),
    ],
)
def test_the_slower_known_rate_decides(down: int, up: int | None, rtt_ms: float, level: int) -> None:
    quality = meter(rtt_ms, down=down, up=up).quality(0)
    assert quality == LinkQuality(level=level, rtt_ms=round(rtt_ms), down_kbps=down, up_kbps=up)


@pytest.mark.parametrize(("rtt_ms", "level"), [(80, 4), (420, 3), (840, 2), (2_500, 1), (None, 1)])
def test_the_round_trip_time_decides_where_no_rate_is_known(rtt_ms: float | None, level: int) -> None:
    assert meter(rtt_ms).quality(0).level == level


def test_heavy_loss_costs_a_level() -> None:
    link = meter(80, down=1_000)
    link.loss(0.2)
    quality = link.quality(0)
    assert quality.level == 3
    assert quality.loss_ratio == 0.2


def test_one_slow_check_does_not_change_the_level() -> None:
    link = meter(80)
    link.rtt(3_000, 0)
    assert link.quality(0).level == 4
    assert link.quality(0).rtt_ms == 80


def test_the_level_does_not_flap_around_a_threshold() -> None:
    link = meter(80, down=250)
    levels = []
    for step in range(20):
        link.rates(down_bps=262_000 if step % 2 else 250_000)
        levels.append(link.quality(step).level)
    assert set(levels) == {3}
    link.rates(down_bps=300_000)
    assert link.quality(21).level == 4
