"""Followers receive the events of the desk in the order in which they subscribed."""

from __future__ import annotations

import pytest

from server.calls.desk.events import Events, GivenUp, ParticipantChanged, ReachabilityChanged, TurnOver


def test_an_event_reaches_each_of_its_followers_in_order_and_no_other() -> None:
    events, heard = Events(), []
    events.on(ParticipantChanged, lambda event: heard.append(("first", event.participant_id)))
    events.on(ReachabilityChanged, lambda event: heard.append(("other", event.participant_id)))
    events.on(ParticipantChanged, lambda event: heard.append(("second", event.participant_id)))
    events.tell(ParticipantChanged("st-1"))
    assert heard == [("first", "st-1"), ("second", "st-1")]


def test_an_event_without_followers_is_not_an_error() -> None:
    Events().tell(ParticipantChanged("st-1"))


async def test_the_desk_waits_for_each_follower_of_a_duty() -> None:
    events, done = Events(), []

    async def first(event: GivenUp) -> None:
        done.append(("first", event.off_duty))

    async def second(event: GivenUp) -> None:
        done.append(("second", event.off_duty))

    events.when(GivenUp, first)
    events.when(GivenUp, second)
    await events.wait(GivenUp("me-1", off_duty=True))
    assert done == [("first", True), ("second", True)]


async def test_an_error_ends_a_duty_and_reaches_the_caller() -> None:
    events = Events()

    async def fails(event: GivenUp) -> None:
        raise OSError("disk")

    events.when(GivenUp, fails)
    with pytest.raises(OSError, match="disk"):
        await events.wait(GivenUp("me-1", off_duty=False))


async def test_a_follower_that_fails_to_settle_does_not_keep_others_from_settling() -> None:
    events, settled = Events(), []

    async def fails(_: TurnOver) -> None:
        raise OSError("disk")

    async def settles(_: TurnOver) -> None:
        settled.append(True)

    events.when(TurnOver, fails)
    events.when(TurnOver, settles)
    await events.settle()
    assert settled == [True]
