"""The verdict of probes: how the dispersion of clusters moves an estimate."""

from __future__ import annotations

import pytest

from media.core.estimate.congestion.probeclusters import (
    CLUSTERS_KEPT,
    MAX_CALL_STEP,
    MAX_PROBE_STEP,
    ClusterVerdict,
    ProbeClusters,
)
from media.core.estimate.congestion.rates import USABLE_SHARE
from media.core.estimate.twccsender import PacketResult

SIZE_BYTES = 300


def cluster(
    rate_bps: float, *, start_s: float = 1.0, sent_bps: float = 10e6, count: int = 8
) -> list[PacketResult]:
    start_us = int(start_s * 1e6)
    apart_us, sent_apart_us = (int(SIZE_BYTES * 8e6 / bps) for bps in (rate_bps, sent_bps))
    return [
        PacketResult(n, start_us + n * sent_apart_us, start_us + 50_000 + n * apart_us, SIZE_BYTES, True)
        for n in range(count)
    ]


def judge(
    clusters: ProbeClusters,
    probes: list[PacketResult],
    estimate_bps: float = 100_000.0,
    *,
    has_room: bool = True,
    tested: bool = False,
) -> ClusterVerdict | None:
    return clusters.on_probes(probes, estimate_bps, has_room=has_room, tested=tested)


def test_a_slowed_cluster_shows_the_rate_at_which_an_untested_link_is_full() -> None:
    clusters = ProbeClusters()
    verdict = judge(clusters, cluster(40_000))
    assert verdict == pytest.approx((USABLE_SHARE * 40_000, 40_000))
    assert clusters.bps == pytest.approx(40_000)


@pytest.mark.parametrize("arrived", [0, 2])
def test_too_few_arrivals_give_no_verdict(arrived: int) -> None:
    clusters = ProbeClusters()
    probes = cluster(40_000)
    lost = [result._replace(arrived_us=None) for result in probes[arrived:]]
    assert judge(clusters, [*probes[:arrived], *lost]) is None
    assert clusters.bps is None


def test_a_packet_lost_inside_a_cluster_still_took_time_on_the_link() -> None:
    clusters = ProbeClusters()
    probes = cluster(40_000, count=4)
    probes[1] = probes[1]._replace(arrived_us=None)
    judge(clusters, probes)
    assert clusters.bps == pytest.approx(40_000)


def test_one_cluster_raises_the_estimate_by_a_bounded_step() -> None:
    verdict = judge(ProbeClusters(), cluster(2_000_000))
    assert verdict is not None
    assert verdict.estimate_bps == MAX_PROBE_STEP * 100_000


def test_a_cluster_beside_media_raises_the_estimate_by_less() -> None:
    clusters = ProbeClusters()
    clusters.media_sent_us = 900_000
    verdict = judge(clusters, cluster(2_000_000))
    assert verdict is not None
    assert verdict.estimate_bps == MAX_CALL_STEP * 100_000


def test_a_cluster_raises_nothing_while_media_queues() -> None:
    verdict = judge(ProbeClusters(), cluster(2_000_000), has_room=False)
    assert verdict is not None
    assert verdict.estimate_bps is None


def test_a_cluster_beside_media_does_not_lower_a_tested_estimate() -> None:
    clusters = ProbeClusters()
    clusters.media_sent_us = 900_000
    assert judge(clusters, cluster(40_000), tested=True) == ClusterVerdict(None, None)


def test_a_cluster_that_had_the_link_to_itself_lowers_a_tested_estimate() -> None:
    clusters = ProbeClusters()
    clusters.media_sent_us = -1_000_000
    verdict = judge(clusters, cluster(40_000), tested=True)
    assert verdict == pytest.approx((USABLE_SHARE * 40_000, 40_000))


def test_a_cluster_sent_slowly_does_not_show_a_faster_link() -> None:
    verdict = judge(ProbeClusters(), cluster(40_000, sent_bps=42_000))
    assert verdict == ClusterVerdict(None, None)


def test_the_two_halves_of_a_cluster_are_one() -> None:
    clusters = ProbeClusters()
    probes = cluster(2_000_000, count=12)
    judge(clusters, probes[:6])
    verdict = judge(clusters, probes[6:], estimate_bps=300_000)
    assert verdict is not None
    assert verdict.estimate_bps == MAX_PROBE_STEP * 100_000  # relative to the estimate when the cluster began


def test_the_fastest_of_the_last_clusters_counts_until_it_is_forgotten() -> None:
    clusters = ProbeClusters()
    judge(clusters, cluster(200_000))
    for number in range(1, CLUSTERS_KEPT):
        judge(clusters, cluster(50_000, start_s=1.0 + 5 * number))
        assert clusters.bps == pytest.approx(200_000)
    judge(clusters, cluster(50_000, start_s=60.0))
    assert clusters.bps == pytest.approx(50_000)
