"""Video packets wait, in order, for packets lost before them, and never for ever."""

from __future__ import annotations

import random

from media.core.repair.nack import NackGenerator
from media.core.repair.repairwait import MAX_HELD_PACKETS, MAX_WAIT_MS, RepairWait

RTT_MS = 200.0
# Two requests with their round trips, and the delay of the ticks.
WAIT_MS = 600.0


def waiting() -> tuple[NackGenerator, RepairWait[int]]:
    nack = NackGenerator()
    wait: RepairWait[int] = RepairWait(nack.holes)
    wait.follow(RTT_MS)
    return nack, wait


def arrives(
    nack: NackGenerator, wait: RepairWait[int], number: int, now_ms: float, *, fresh: bool = False
) -> list[int]:
    assert nack.received(number & 0xFFFF, now_ms)
    return wait.arrived(nack.unwrapped(number & 0xFFFF), number, now_ms, fresh=fresh)


def test_without_a_gap_nothing_waits() -> None:
    nack, wait = waiting()
    for number in range(0xFFF0, 0x10010):
        assert arrives(nack, wait, number, 0.0) == [number]
    assert wait.held_count == 0


def test_packets_behind_a_gap_leave_in_order_once_it_is_filled() -> None:
    nack, wait = waiting()
    assert arrives(nack, wait, 0xFFFE, 0.0) == [0xFFFE]
    assert arrives(nack, wait, 0x10000, 10.0) == []
    assert arrives(nack, wait, 0x10003, 20.0) == []
    assert arrives(nack, wait, 0x10001, 230.0) == []
    assert arrives(nack, wait, 0xFFFF, 240.0) == [0xFFFF, 0x10000, 0x10001]
    assert arrives(nack, wait, 0x10002, 260.0) == [0x10002, 0x10003]
    assert wait.held_count == 0


def test_a_gap_that_is_not_repaired_in_time_holds_no_packet_longer() -> None:
    nack, wait = waiting()
    arrives(nack, wait, 1, 0.0)
    assert arrives(nack, wait, 3, 0.0) == []
    assert wait.due(WAIT_MS - 1) == []
    assert wait.due(WAIT_MS) == [3]
    # The next packet is not held behind the same gap, and the late repair leaves alone.
    assert arrives(nack, wait, 4, WAIT_MS + 1) == [4]
    assert arrives(nack, wait, 2, WAIT_MS + 2) == [2]


def test_a_newer_gap_is_waited_for_behind_one_given_up() -> None:
    nack, wait = waiting()
    arrives(nack, wait, 1, 0.0)
    arrives(nack, wait, 3, 0.0)
    arrives(nack, wait, 5, 300.0)
    assert wait.due(WAIT_MS) == [3]
    assert wait.due(300.0 + WAIT_MS) == [5]


def test_a_keyframe_does_not_wait() -> None:
    nack, wait = waiting()
    arrives(nack, wait, 1, 0.0)
    assert arrives(nack, wait, 3, 0.0) == []
    nack.received(5, 10.0)
    nack.forget_before(nack.unwrapped(5))
    assert wait.arrived(nack.unwrapped(5), 5, 10.0, fresh=True) == [3, 5]
    assert arrives(nack, wait, 6, 20.0) == [6]
    assert not list(nack.holes())


def test_no_link_makes_a_page_wait_until_it_asks_for_a_keyframe() -> None:
    nack, wait = waiting()
    wait.follow(60_000.0)
    arrives(nack, wait, 1, 0.0)
    arrives(nack, wait, 3, 0.0)
    assert wait.due(MAX_WAIT_MS - 1) == []
    assert wait.due(MAX_WAIT_MS) == [3]


def test_a_flood_behind_one_gap_does_not_pile_up() -> None:
    nack, wait = waiting()
    arrives(nack, wait, 1, 0.0)
    gone = [arrives(nack, wait, number, 1.0) for number in range(3, 4 + MAX_HELD_PACKETS)]
    assert gone[:-1] == [[]] * MAX_HELD_PACKETS
    assert gone[-1] == list(range(3, 4 + MAX_HELD_PACKETS))
    assert wait.held_count == 0


def test_every_packet_leaves_once_whatever_is_lost_and_however_it_is_repaired() -> None:
    random_numbers = random.Random(5)
    for _ in range(50):
        nack, wait = waiting()
        now_ms = 0.0
        repairs: list[tuple[float, int]] = []
        gone: list[int] = []
        came: list[int] = []
        for number in range(0xFF80, 0x10080):
            now_ms += random_numbers.uniform(0.0, 60.0)
            lost = number > 0xFF80 and random_numbers.random() < 0.2
            if lost and random_numbers.random() < 0.7:
                repairs.append((now_ms + random_numbers.uniform(200.0, 900.0), number))
            for at_ms, repaired in [repair for repair in repairs if repair[0] <= now_ms]:
                repairs.remove((at_ms, repaired))
                gone += arrives(nack, wait, repaired, now_ms)
                came.append(repaired)
            if not lost:
                gone += arrives(nack, wait, number, now_ms)
                came.append(number)
            gone += wait.due(now_ms)
        gone += wait.released()
        assert sorted(gone) == sorted(came)
