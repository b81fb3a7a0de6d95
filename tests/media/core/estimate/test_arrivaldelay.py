"""The queue on a publisher's uplink, read from voice timestamps."""

from __future__ import annotations

import pytest

from media.core.estimate.arrivaldelay import ArrivalDelay


def feed(delay: ArrivalDelay, start_s: float, seconds: float, queue_ms: float, first: int = 0) -> None:
    for n in range(int(seconds * 1000 / 60)):
        media_ms = start_s * 1000 + n * 60
        delay.received((first + int(media_ms * 48)) & 0xFFFFFFFF, media_ms + 700 + queue_ms)


def test_nothing_is_known_before_the_first_packet() -> None:
    assert ArrivalDelay(48_000).queue_ms is None


def test_a_constant_delay_is_not_taken_for_a_queue() -> None:
    delay = ArrivalDelay(48_000)
    feed(delay, 0, 10, 0)
    assert delay.queue_ms == pytest.approx(0)


def test_a_queue_is_seen_to_come_and_to_go() -> None:
    delay = ArrivalDelay(48_000)
    feed(delay, 0, 10, 0)
    feed(delay, 10, 5, 350)
    assert delay.queue_ms == pytest.approx(350, rel=0.05)
    feed(delay, 15, 5, 0)
    assert delay.queue_ms == pytest.approx(0, abs=5)


def test_the_timestamp_may_wrap() -> None:
    delay = ArrivalDelay(48_000)
    feed(delay, 0, 10, 0, first=0xFFFFFFFF - 48_000)
    feed(delay, 10, 5, 200, first=0xFFFFFFFF - 48_000)
    assert delay.queue_ms == pytest.approx(200, rel=0.05)


def test_a_time_without_packets_is_not_taken_for_a_queue() -> None:
    delay = ArrivalDelay(48_000)
    feed(delay, 0, 5, 0)
    feed(delay, 35, 5, 0)
    assert delay.queue_ms == pytest.approx(0, abs=1)


def test_a_new_source_starts_anew() -> None:
    delay = ArrivalDelay(48_000)
    feed(delay, 0, 5, 0)
    feed(delay, 5, 1, 0, first=3_000_000_000)
    assert delay.queue_ms == pytest.approx(0, abs=1)
