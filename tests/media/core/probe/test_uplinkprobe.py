"""The rate of an uplink, from probe clusters on the data channel."""

from media.core.probe.uplinkprobe import MAX_BPS, OVERHEAD_BYTES, UplinkProbe

SIZE = 600


def message(cluster: int, index: int) -> bytes:
    return bytes((0x70, cluster, index)) + bytes(SIZE - 3)


def cluster(
    probe: UplinkProbe, number: int, bps: float, start_ms: float = 0.0, jitter_ms: float = 0.0
) -> None:
    step_ms = (SIZE + OVERHEAD_BYTES) * 8_000 / bps
    for index in range(3):
        shift_ms = jitter_ms if index == 1 else 0.0
        assert probe.arrived(message(number, index), start_ms + index * step_ms + shift_ms)


def test_a_cluster_measures_the_rate() -> None:
    probe = UplinkProbe()
    assert probe.bps is None
    cluster(probe, 1, 32_000)
    assert probe.bps is not None
    assert abs(probe.bps - 32_000) < 1


def test_the_median_of_three_clusters_counts() -> None:
    probe = UplinkProbe()
    for number, bps in enumerate((32_000, 5_000, 34_000, 33_000)):
        cluster(probe, number, bps, start_ms=10_000.0 * number)
    assert probe.bps is not None
    assert abs(probe.bps - 33_000) < 1


def test_a_cluster_is_measured_from_its_first_to_its_last_message() -> None:
    probe = UplinkProbe()
    probe.arrived(message(1, 0), 0.0)
    probe.arrived(message(1, 1), 300.0)
    probe.arrived(message(1, 2), 300.1)
    assert probe.bps is not None
    assert abs(probe.bps - 2 * (SIZE + OVERHEAD_BYTES) * 8_000 / 300.1) < 1


def test_the_rate_of_a_fast_link_is_bounded_and_a_retransmission_is_ignored() -> None:
    probe = UplinkProbe()
    probe.arrived(message(1, 0), 0.0)
    probe.arrived(message(1, 1), 0.2)
    assert probe.bps == MAX_BPS
    slow = UplinkProbe()
    slow.arrived(message(1, 0), 0.0)
    slow.arrived(message(1, 1), 3_000.0)
    assert slow.bps is None


def test_other_frames_are_left_alone() -> None:
    assert not UplinkProbe().arrived(b"\x01\x01\x00", 0.0)
    assert not UplinkProbe().arrived(b"", 0.0)
    assert not UplinkProbe().arrived(bytes((0x70,)) + bytes(2_000), 0.0)


def settled(bps: float) -> UplinkProbe:
    probe = UplinkProbe()
    for number in range(3):
        cluster(probe, number, bps, start_ms=4_000.0 * number)
    return probe


def test_after_a_far_higher_rate_more_clusters_are_requested_until_the_median_follows() -> None:
    probe = settled(20_000)
    assert not probe.asks_again(12_000.0)
    cluster(probe, 3, 256_000, start_ms=12_000.0)
    assert probe.asks_again(12_100.0)
    assert not probe.asks_again(12_300.0)  # the answer is under way
    cluster(probe, 4, 250_000, start_ms=12_400.0)
    assert not probe.asks_again(12_900.0)
    assert probe.bps is not None
    assert probe.bps > 200_000


def test_a_link_that_bunches_packets_is_not_probed_all_the_time() -> None:
    probe, asked = settled(20_000), 0
    for second in range(60):
        cluster(probe, 10 + second, 20_000 if second % 3 else 200_000, start_ms=20_000.0 + 1_000 * second)
        asked += probe.asks_again(20_900.0 + 1_000 * second)
    assert asked <= 14


def test_the_first_clusters_are_not_doubted() -> None:
    probe = UplinkProbe()
    cluster(probe, 1, 20_000)
    cluster(probe, 2, 256_000, start_ms=1_000.0)
    assert not probe.asks_again(2_000.0)
