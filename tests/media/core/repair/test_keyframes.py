"""Keyframe requests: those of many viewers become one; repeated until met; no faster than the link can bear."""

from __future__ import annotations

from media.core.repair.keyframes import (
    EAGER_REQUESTS,
    MAX_SPACING_MS,
    MIN_SPACING_MS,
    KeyframeRequests,
    keyframe_spacing_ms,
)


def request_times(requests: KeyframeRequests, start_ms: int, end_ms: int, rtt_ms: float) -> list[int]:
    return [now_ms for now_ms in range(start_ms, end_ms, 10) if requests.due(now_ms, rtt_ms)]


def test_nobody_waiting_means_no_request() -> None:
    assert request_times(KeyframeRequests(), 0, 5_000, 100) == []


def test_requests_of_many_viewers_become_one() -> None:
    requests = KeyframeRequests()
    for subscriber in range(20):
        requests.want(subscriber)
    assert request_times(requests, 20, 320, 100) == [20]


def test_a_request_is_repeated_until_a_keyframe_is_seen() -> None:
    requests = KeyframeRequests()
    requests.want(0)
    assert request_times(requests, 0, 1_000, 100) == [0, 300, 600, 900]
    requests.seen(1_000)
    assert request_times(requests, 1_000, 5_000, 100) == []


def test_repeats_wait_for_a_whole_round_trip() -> None:
    requests = KeyframeRequests()
    requests.want(0)
    assert request_times(requests, 0, 3_000, 1_300) == [0, 1_300, 2_600]


def test_an_unanswered_request_is_repeated_more_slowly_but_never_stops() -> None:
    requests = KeyframeRequests()
    requests.want(0)
    times = request_times(requests, 0, 20_000, 100)
    assert times[:EAGER_REQUESTS] == [0, 300, 600, 900, 1_200]
    assert {b - a for a, b in zip(times[EAGER_REQUESTS - 1 :], times[EAGER_REQUESTS:], strict=False)} == {
        3_000
    }


def test_a_request_right_after_a_keyframe_waits_for_the_spacing_of_the_link() -> None:
    requests = KeyframeRequests()
    requests.spacing_ms = keyframe_spacing_ms(60_000)
    requests.want(0)
    assert requests.due(0, 100)
    requests.seen(200)
    requests.want(250)
    (again,) = request_times(requests, 250, 3_000, 100)
    assert again - 200 >= requests.spacing_ms > 2_000


def test_a_cancelled_request_is_not_sent() -> None:
    requests = KeyframeRequests()
    requests.want(0)
    requests.cancel()
    assert request_times(requests, 0, 1_000, 100) == []
    assert requests.waiting_ms(1_000) == 0


def test_the_wait_counts_from_the_first_unmet_request() -> None:
    requests = KeyframeRequests()
    requests.want(100)
    requests.want(400)
    assert requests.waiting_ms(1_000) == 900


def test_spacing_is_longer_on_thinner_streams_within_bounds() -> None:
    rates = [0, 20_000, 40_000, 64_000, 128_000, 256_000, 1_000_000]
    spacings = [keyframe_spacing_ms(rate) for rate in rates]
    assert spacings == sorted(spacings, reverse=True)
    assert spacings[0] == MAX_SPACING_MS
    assert spacings[-1] == MIN_SPACING_MS
