"""A voice that comes late is a queue only where round trips say so too."""

from __future__ import annotations

from media.core.estimate.roundtrips import DEFAULT_RTT_MS, FEEDBACK_TRIPS, UNPROVEN_QUEUE_MS, RoundTrips


def settled(rtt_ms: float = 200.0) -> RoundTrips:
    trips = RoundTrips()
    for index in range(10):
        trips.measured(rtt_ms, index * 1_000.0)
    return trips


def test_the_first_round_trip_is_taken_whole_and_those_after_it_smoothed() -> None:
    trips = RoundTrips()
    assert trips.rtt_ms == DEFAULT_RTT_MS
    trips.measured(800.0, 0.0)
    assert trips.rtt_ms == 800.0
    trips.measured(1_600.0, 1_000.0)
    assert trips.rtt_ms == 900.0


def test_before_any_round_trip_the_voice_is_believed() -> None:
    trips = RoundTrips()
    assert trips.confirmed_queue_ms(None, 0.0) is None
    assert trips.confirmed_queue_ms(700.0, 0.0) == 700.0


def test_a_page_that_froze_is_no_queue() -> None:
    assert settled().confirmed_queue_ms(1_500.0, 0.0) == UNPROVEN_QUEUE_MS


def test_a_queue_that_round_trips_show_is_believed() -> None:
    trips = settled()
    trips.measured(600.0, 10_000.0)
    assert trips.confirmed_queue_ms(450.0, 0.0) == 450.0
    assert trips.confirmed_queue_ms(900.0, 0.0) == 400.0 + UNPROVEN_QUEUE_MS


def test_where_checks_are_lost_late_feedback_shows_the_queue_but_not_that_of_the_downlink() -> None:
    trips = settled()
    for index in range(2 * FEEDBACK_TRIPS):
        trips.fed_back(300.0 if index < FEEDBACK_TRIPS else 800.0, 10_000.0 + index)
    assert trips.confirmed_queue_ms(450.0, 0.0) == 450.0
    assert trips.confirmed_queue_ms(900.0, 300.0) == 200.0 + UNPROVEN_QUEUE_MS


def test_one_feedback_that_waited_is_no_queue() -> None:
    trips = settled()
    for index in range(FEEDBACK_TRIPS):
        trips.fed_back(300.0, 10_000.0 + index)
    trips.fed_back(900.0, 10_100.0)
    assert trips.confirmed_queue_ms(900.0, 0.0) == UNPROVEN_QUEUE_MS
