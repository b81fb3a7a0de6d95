"""Queueing delay of the way up, told from voice."""

from media.core.uplinkqueue import UplinkQueue

RATE = 48_000
PACKET_MS = 60.0


def talk(queue: UplinkQueue, packets: int, *, start_ms: float, delay_ms: float, first: int = 0) -> float:
    for index in range(packets):
        spoken_ms = start_ms + index * PACKET_MS
        queue.note((first + round(spoken_ms * 48)) & 0xFFFFFFFF, spoken_ms + delay_ms)
    return start_ms + packets * PACKET_MS


def test_a_steady_delay_is_no_queue() -> None:
    queue = UplinkQueue(RATE)
    end_ms = talk(queue, 100, start_ms=0.0, delay_ms=650.0)
    assert queue.queue_ms(end_ms + 650.0) == 0.0


def test_a_standing_queue_is_told() -> None:
    queue = UplinkQueue(RATE)
    end_ms = talk(queue, 100, start_ms=0.0, delay_ms=100.0)
    end_ms = talk(queue, 30, start_ms=end_ms, delay_ms=500.0)
    told_ms = queue.queue_ms(end_ms + 500.0)
    assert told_ms is not None
    assert 350.0 < told_ms <= 400.0


def test_timestamps_may_wrap() -> None:
    queue = UplinkQueue(RATE)
    end_ms = talk(queue, 100, start_ms=0.0, delay_ms=100.0, first=0xFFFFFFFF - 48 * 1000)
    assert queue.queue_ms(end_ms + 100.0) == 0.0


def test_a_new_time_line_starts_anew() -> None:
    queue = UplinkQueue(RATE)
    end_ms = talk(queue, 50, start_ms=0.0, delay_ms=100.0)
    end_ms = talk(queue, 50, start_ms=end_ms, delay_ms=100.0, first=0x40000000)
    assert queue.queue_ms(end_ms + 100.0) == 0.0


def test_nothing_is_known_without_voice() -> None:
    queue = UplinkQueue(RATE)
    assert queue.queue_ms(0.0) is None
    end_ms = talk(queue, 10, start_ms=0.0, delay_ms=100.0)
    assert queue.queue_ms(end_ms + 10_000.0) is None


def test_a_clock_that_drifts_is_no_queue() -> None:
    queue = UplinkQueue(RATE)
    for index in range(5_000):
        spoken_ms = index * PACKET_MS
        queue.note(round(spoken_ms * 48 * 0.9999) & 0xFFFFFFFF, spoken_ms)
    told_ms = queue.queue_ms(5_000 * PACKET_MS)
    assert told_ms is not None
    assert told_ms < 5.0
