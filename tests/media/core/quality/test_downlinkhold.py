"""The states of a downlink whose page is silent, and the times at which they change."""

from __future__ import annotations

import pytest

from media.core.quality.downlinkhold import (
    HELD_AFTER_MS,
    PROBE_EVERY_MS,
    RELEASED_AFTER_MS,
    STALE_AFTER_MS,
    TABLE,
    DownlinkHold,
    Event,
    HoldAction,
    State,
)

RTT_MS = 200.0


def held(now_ms: float = 0.0) -> DownlinkHold:
    hold = DownlinkHold()
    hold.follow(now_ms, 0.0, RTT_MS, stopped=True)
    assert hold.holds
    return hold


def test_every_state_knows_what_follows_each_event_that_it_can_meet() -> None:
    missing = {(state, event) for state in State for event in Event} - set(TABLE)
    assert missing == {(State.FLOWING, Event.LATE_REPORT)}  # nothing held could be stale


def test_only_a_change_of_state_asks_for_an_action() -> None:
    for (before, _), (after, action) in TABLE.items():
        assert (before is after) == (action is HoldAction.NOTHING)


@pytest.mark.parametrize(
    ("silent_ms", "action"),
    [(RTT_MS + HELD_AFTER_MS, HoldAction.NOTHING), (RTT_MS + HELD_AFTER_MS + 1, HoldAction.HOLD)],
)
def test_pictures_are_held_after_a_round_trip_and_half_a_second(silent_ms: float, action: HoldAction) -> None:
    assert DownlinkHold().follow(0.0, silent_ms, RTT_MS, stopped=False) is action


def test_held_pictures_wait_for_a_report_on_nearly_every_packet_sent() -> None:
    hold = held()
    late_ms = RTT_MS + RELEASED_AFTER_MS
    assert hold.follow(100.0, late_ms + 1, RTT_MS, stopped=False) is HoldAction.NOTHING
    assert hold.follow(200.0, late_ms, RTT_MS, stopped=False) is HoldAction.RELEASE


@pytest.mark.parametrize(
    ("after_ms", "action"), [(STALE_AFTER_MS, HoldAction.RELEASE), (STALE_AFTER_MS + 1, HoldAction.RENEW)]
)
def test_pictures_that_waited_too_long_are_renewed(after_ms: float, action: HoldAction) -> None:
    assert held().follow(after_ms, 0.0, RTT_MS, stopped=False) is action


def test_the_waiting_time_begins_anew_with_each_hold() -> None:
    hold = held()
    hold.follow(5_000.0, 0.0, RTT_MS, stopped=False)
    hold.follow(6_000.0, 0.0, RTT_MS, stopped=True)
    assert hold.follow(6_100.0, 0.0, RTT_MS, stopped=False) is HoldAction.RELEASE


def test_a_page_that_never_reports_is_held_only_when_nothing_comes_from_it() -> None:
    hold = DownlinkHold()
    assert hold.follow(0.0, None, None, stopped=False) is HoldAction.NOTHING
    assert hold.follow(25.0, None, None, stopped=True) is HoldAction.HOLD


def test_an_unknown_round_trip_time_is_taken_for_a_long_one() -> None:
    hold = DownlinkHold()
    assert hold.follow(0.0, 1_900.0, None, stopped=False) is HoldAction.NOTHING
    assert hold.follow(0.0, 2_100.0, None, stopped=False) is HoldAction.HOLD


def test_a_silent_page_that_is_sent_nothing_is_probed_once_a_second() -> None:
    hold, sent = held(), 0
    probed_ms = []
    for tick in range(int(4 * PROBE_EVERY_MS / 25)):
        if hold.probe_due(25.0 * tick, sent):
            probed_ms.append(25.0 * tick)
            sent += 1
            hold.probe_sent(sent)
    assert probed_ms == [0.0, 1_000.0, 2_000.0, 3_000.0]


def test_a_page_that_is_sent_voice_or_that_reports_is_not_probed() -> None:
    hold = held()
    assert not hold.probe_due(0.0, 1)
    assert not hold.probe_due(PROBE_EVERY_MS, 2)
    assert not DownlinkHold().probe_due(0.0, 0)
