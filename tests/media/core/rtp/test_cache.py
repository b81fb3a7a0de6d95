"""The packet cache: which packets it keeps, and which it must have dropped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core.rtp.cache import PacketCache


def test_a_sent_packet_is_found_until_it_is_too_old() -> None:
    cache = PacketCache(8, 500.0)
    cache.put(7, b"seven", 0.0)
    assert cache.get(7, 500.0) == b"seven"
    assert cache.get(7, 500.1) is None
    assert cache.get(8, 0.0) is None
    assert PacketCache(8, 500.0).get(0, 0.0) is None


def test_numbers_from_before_a_wrap_are_never_returned() -> None:
    cache = PacketCache(100, 1e9)
    cache.put(5, b"old", 0.0)
    # Every other packet that shares the slot of number 5 is lost on its way to the cache.
    for number in range(6, 0x10000 + 5):
        if number % 100 != 5:
            cache.put(number & 0xFFFF, b"new", 0.0)
    assert cache.get(5, 0.0) is None
    assert cache.get(4, 0.0) == b"new"


def test_a_packet_put_late_is_kept_if_it_fits() -> None:
    cache = PacketCache(4, 100.0)
    for number in (0xFFFE, 1, 0xFFFF, 0):
        cache.put(number, b"%d" % number, 0.0)
    assert [cache.get(n, 0.0) for n in (0xFFFE, 0xFFFF, 0, 1)] == [b"65534", b"65535", b"0", b"1"]
    cache.put(0xFFFD, b"gone", 0.0)
    assert cache.get(0xFFFD, 0.0) is None
    assert cache.get(1, 0.0) == b"1"


def test_a_second_packet_of_a_number_replaces_the_first() -> None:
    cache = PacketCache(4, 100.0)
    cache.put(1, b"first", 0.0)
    cache.put(1, b"2nd", 0.0)
    assert cache.get(1, 0.0) == b"2nd"
    assert cache.size_bytes == 3


def test_bytes_are_bounded_oldest_first() -> None:
    cache = PacketCache(100, 1e9, max_bytes=1_000)
    for number in range(50):
        cache.put(number, bytes(100), 0.0)
        assert cache.size_bytes <= 1_000
    assert cache.get(49, 0.0) is not None
    assert cache.get(40, 0.0) is not None
    assert cache.get(39, 0.0) is None


def test_the_memory_of_old_packets_is_freed() -> None:
    cache = PacketCache(1_000, 100.0)
    for number in range(500):
        cache.put(number, bytes(10), 0.0)
    cache.put(500, bytes(7), 1_000.0)
    assert cache.size_bytes == 7


def test_a_gap_shorter_than_the_ring_leaves_nothing_behind() -> None:
    cache = PacketCache(4, 100.0)
    for number in (0, 2, 5):
        cache.put(number, b"x", 0.0)
    assert cache.get(0, 0.0) is None
    assert cache.size_bytes == 2


@pytest.mark.parametrize("capacity", [0, 0x8001])
def test_a_capacity_out_of_range_is_refused(capacity: int) -> None:
    with pytest.raises(ValueError, match="capacity"):
        PacketCache(capacity, 1.0)


@given(
    capacity=st.integers(1, 12),
    start=st.integers(0, 0xFFFF),
    moves=st.lists(
        st.tuples(
            st.one_of(st.integers(-15, 20), st.integers(900, 40_000)), st.integers(0, 60), st.integers(0, 9)
        ),
        max_size=80,
    ),
)
def test_the_cache_holds_the_same_as_a_dictionary_with_its_bounds(
    capacity: int, start: int, moves: list[tuple[int, int, int]]
) -> None:
    cache = PacketCache(capacity, 100.0)
    model: dict[int, tuple[int, bytes]] = {}
    highest, now = start, 0
    for step, wait, size in [(0, 0, 1), *moves]:
        step = min(step, 0x7FFF)
        now += wait
        number = highest + step
        packet = bytes(size)
        cache.put(number & 0xFFFF, packet, now)
        if number > highest - capacity:
            model[number] = (now, packet)
        highest = max(highest, number)
        model = {n: e for n, e in model.items() if n > highest - capacity}
        for probe in range(highest - capacity - 3, highest + 3):
            entry = model.get(probe)
            expected = entry[1] if entry is not None and now - entry[0] <= 100 else None
            assert cache.get(probe & 0xFFFF, now) == expected
        assert cache.size_bytes <= sum(len(e[1]) for e in model.values())
        assert cache.size_bytes == sum(len(slot[2]) for slot in cache._slots if slot is not None)
