"""The verdict of delay: room, hold, burst, full or collapsed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from media.core.estimate.congestion.delay import COLLAPSE_QUEUE, MAX_JITTER_MS, QueueDelay, QueueVerdict
from media.core.estimate.twccsender import PacketResult

ESTIMATE_BPS = 100_000.0
FEEDBACK_MS = 100


def follow(
    delay: QueueDelay, start_s: float, seconds: float, delay_ms: Callable[[float], float], lost: bool = False
) -> None:
    """Feedback every 100 ms about a packet every 20 ms; ``delay_ms`` maps seconds since the start to a delay."""
    for at_ms in range(int(start_s * 1000), int((start_s + seconds) * 1000), FEEDBACK_MS):
        media = [
            PacketResult(
                sent_ms & 0xFFFF,
                sent_ms * 1000,
                None if lost else sent_ms * 1000 + int(delay_ms(sent_ms / 1000 - start_s) * 1000),
                200,
                False,
            )
            for sent_ms in range(at_ms, at_ms + FEEDBACK_MS, 20)
        ]
        delay.on_feedback(media, at_ms + FEEDBACK_MS)


def verdict(delay: QueueDelay, *, app_limited: bool = False) -> QueueVerdict:
    return delay.verdict(ESTIMATE_BPS, app_limited=app_limited)


def settled() -> QueueDelay:
    delay = QueueDelay()
    follow(delay, 0, 2, lambda _: 50.0)
    return delay


def test_a_steady_delay_leaves_room_however_long_it_is() -> None:
    delay = QueueDelay()
    follow(delay, 0, 2, lambda _: 5_000.0)
    assert delay.queue_ms == 0.0
    assert verdict(delay) is QueueVerdict.ROOM


def test_a_tolerated_queue_neither_grows_nor_falls() -> None:
    delay = settled()
    follow(delay, 2, 2, lambda _: 50.0 + 0.8 * delay.tolerance_ms(ESTIMATE_BPS))
    assert verdict(delay) is QueueVerdict.HOLD
    assert not delay.has_room(ESTIMATE_BPS)


@pytest.mark.parametrize(
    ("tolerances", "app_limited", "expected"),
    [
        (1.3, False, QueueVerdict.BURST),
        (2.0, False, QueueVerdict.FULL),
        (2.0, True, QueueVerdict.BURST),
        (2.8, True, QueueVerdict.FULL),
        (COLLAPSE_QUEUE + 0.5, False, QueueVerdict.COLLAPSED),
        (COLLAPSE_QUEUE + 0.5, True, QueueVerdict.COLLAPSED),
    ],
)
def test_the_length_of_a_queue_decides_between_a_burst_and_a_collapse(
    tolerances: float, app_limited: bool, expected: QueueVerdict
) -> None:
    delay = settled()
    tolerance_ms = delay.tolerance_ms(ESTIMATE_BPS)
    follow(delay, 2, 1, lambda _: 50.0 + tolerances * tolerance_ms)
    assert verdict(delay, app_limited=app_limited) is expected


def test_a_queue_that_drains_after_a_stall_is_not_congestion() -> None:
    delay = settled()
    follow(delay, 2, 0.3, lambda _: 550.0)
    assert verdict(delay) is QueueVerdict.COLLAPSED
    follow(delay, 2.3, 0.2, lambda elapsed_s: 550.0 - 2_000.0 * elapsed_s)
    assert delay.queue_ms > delay.tolerance_ms(ESTIMATE_BPS)
    assert verdict(delay) is QueueVerdict.HOLD


def test_feedback_about_lost_packets_changes_nothing() -> None:
    delay = settled()
    follow(delay, 2, 0.5, lambda _: 150.0)
    before = (delay.queue_ms, delay.newest_queue_ms)
    follow(delay, 2.5, 1, lambda _: 0.0, lost=True)
    assert (delay.queue_ms, delay.newest_queue_ms) == before


def test_a_thin_link_tolerates_the_delay_of_one_frame() -> None:
    delay = settled()
    assert delay.tolerance_ms(20_000) > delay.tolerance_ms(200_000) > 60.0


def test_jitter_of_half_a_minute_is_tolerated_up_to_a_bound() -> None:
    delay = settled()
    calm_ms = delay.tolerance_ms(ESTIMATE_BPS)
    for start_s in range(2, 42):
        follow(delay, start_s, 1, lambda elapsed_s: 50.0 if elapsed_s < 0.02 else 450.0)
    assert delay.tolerance_ms(ESTIMATE_BPS) == pytest.approx(calm_ms + MAX_JITTER_MS)
