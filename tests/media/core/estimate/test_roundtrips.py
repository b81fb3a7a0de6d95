"""Late voice means a queue only where round trips grow as well."""

from __future__ import annotations

from media.core.estimate.roundtrips import DEFAULT_RTT_MS, FEEDBACK_TRIPS, UNPROVEN_QUEUE_MS, RoundTrips


def settled(rtt_ms: float = 200.0) -> RoundTrips:
    trips = RoundTrips()
    for index in range(10):
        trips.measured(rtt_ms, index * 1_000.0)
    return trips


def test_the_first_round_trip_counts_whole_and_later_ones_are_smoothed() -> None:
    trips = RoundTrips()
    assert trips.rtt_ms == DEFAULT_RTT_MS
    trips.measured(800.0, 0.0)
    assert trips.rtt_ms == 800.0
    trips.measured(1_600.0, 1_000.0)
    assert trips.rtt_ms == 900.0


def test_before_any_round_trip_the_delay_of_voice_decides() -> None:
    trips = RoundTrips()
    assert trips.confirmed_queue_ms(None, 0.0) is None
    assert trips.confirmed_queue_ms(700.0, 0.0) == 700.0


def test_a_frozen_page_is_not_taken_for_a_queue() -> None:
    assert settled().confirmed_queue_ms(1_500.0, 0.0) == UNPROVEN_QUEUE_MS


def test_a_queue_that_round_trips_confirm_counts() -> None:
    trips = settled()
    trips.measured(600.0, 10_000.0)
    assert trips.confirmed_queue_ms(450.0, 0.0) == 450.0
    assert trips.confirmed_queue_ms(900.0, 0.0) == 400.0 + UNPROVEN_QUEUE_MS


def test_without_checks_late_feedback_shows_the_uplink_queue_and_not_the_downlink_queue() -> None:
    trips = settled()
    for index in range(2 * FEEDBACK_TRIPS):
        trips.fed_back(300.0 if index < FEEDBACK_TRIPS else 800.0, 10_000.0 + index)
    assert trips.confirmed_queue_ms(450.0, 0.0) == 450.0
    assert trips.confirmed_queue_ms(900.0, 300.0) == 200.0 + UNPROVEN_QUEUE_MS


def test_one_delayed_feedback_is_not_taken_for_a_queue() -> None:
    trips = settled()
    for index in range(FEEDBACK_TRIPS):
        trips.fed_back(300.0, 10_000.0 + index)
    trips.fed_back(900.0, 10_100.0)
    assert trips.confirmed_queue_ms(900.0, 0.0) == UNPROVEN_QUEUE_MS
