"""Probe clusters fit the link they measure, and noticing a wider link costs a call little."""

from __future__ import annotations

import pytest

from media.core.probe.downlinkprobe import (
    COST_SHARE,
    ENOUGH_BPS,
    HEADERS_BYTES,
    MIN_PACKETS,
    CallProbing,
    ProbeCluster,
    call_cluster,
    warm_cluster,
)


def size_bytes(cluster: ProbeCluster) -> int:
    return cluster.packets * (HEADERS_BYTES + cluster.padding_bytes)


def test_the_first_cluster_fits_into_the_queue_of_the_thinnest_link() -> None:
    assert size_bytes(warm_cluster(None)) * 8000 / 16_000 < 400


@pytest.mark.parametrize("rate_bps", [9_500, 16_000, 32_000, 64_000, 256_000, 4_000_000])
def test_clusters_grow_with_the_known_rate_and_stay_measurable(rate_bps: int) -> None:
    for cluster in (warm_cluster(rate_bps), call_cluster(rate_bps)):
        assert cluster.packets >= MIN_PACKETS
        assert 1 <= cluster.padding_bytes <= 255
    assert size_bytes(call_cluster(rate_bps)) <= size_bytes(warm_cluster(rate_bps)) <= 2_500
    assert size_bytes(warm_cluster(2 * rate_bps)) >= size_bytes(warm_cluster(rate_bps))


def clusters(probing: CallProbing, seconds: int, estimate_bps: float, **calm: float) -> list[float]:
    known = {"queue_ms": 5.0, "loss_ratio": 0.02, **calm}
    return [
        now_ms
        for now_ms in range(0, seconds * 1000, 250)
        if probing.due(now_ms, wanted_bps=ENOUGH_BPS, estimate_bps=estimate_bps, **known)
    ]


@pytest.mark.parametrize("estimate_bps", [9_500, 16_000, 30_000, 55_000])
def test_probing_costs_a_few_percent_and_goes_on(estimate_bps: int) -> None:
    times = clusters(CallProbing(), 120, estimate_bps)
    assert len(times) >= 6
    spent_bits = 8 * size_bytes(call_cluster(estimate_bps)) * (len(times) - 1)
    assert spent_bits <= 1.05 * COST_SHARE * estimate_bps * (times[-1] - times[0]) / 1000


@pytest.mark.parametrize("calm", [{"queue_ms": 80.0}, {"loss_ratio": 0.4}])
def test_a_strained_link_is_not_probed(calm: dict[str, float]) -> None:
    assert clusters(CallProbing(), 60, 20_000, **calm) == []


def test_a_link_with_room_or_without_demand_is_not_probed() -> None:
    probing = CallProbing()
    assert clusters(probing, 60, 300_000) == []
    assert not any(
        probing.due(now_ms, wanted_bps=0.0, estimate_bps=20_000, queue_ms=0, loss_ratio=0)
        for now_ms in range(0, 60_000, 250)
    )


def test_a_cluster_that_raised_the_estimate_is_soon_followed_by_the_next() -> None:
    probing = CallProbing()
    assert clusters(probing, 60, 20_000)
    known = {"queue_ms": 0.0, "loss_ratio": 0.0}
    found_ms = next(
        t
        for t in range(60_000, 90_000, 250)
        if probing.due(t, wanted_bps=ENOUGH_BPS, estimate_bps=40_000, **known)
    )
    again_ms = next(
        t
        for t in range(found_ms + 250, 90_000, 250)
        if probing.due(t, wanted_bps=ENOUGH_BPS, estimate_bps=55_000, **known)
    )
    assert again_ms - found_ms <= 5_000


def test_a_greater_demand_is_probed_for_until_the_estimate_meets_it() -> None:
    def sends(estimate_bps: float) -> bool:
        probing = CallProbing()
        known = {"estimate_bps": estimate_bps, "queue_ms": 5.0, "loss_ratio": 0.0}
        return any(
            probing.due(now_ms, wanted_bps=5 * ENOUGH_BPS, **known) for now_ms in range(0, 20_000, 250)
        )

    assert sends(4 * ENOUGH_BPS)
    assert not sends(5 * ENOUGH_BPS)
