"""The life of a picture as a table: which state can follow which."""

from __future__ import annotations

import pytest

from media.core.quality.picture.picturestates import FLOWS, TABLE, Effect, Event, PictureState, move


def test_every_state_can_be_reached_and_left() -> None:
    assert set(TABLE) == set(PictureState)
    reached = {state for moves in TABLE.values() for state, _ in moves.values()}
    assert reached == set(PictureState)
    assert all(TABLE.values())


@pytest.mark.parametrize("state", sorted(FLOWS))
def test_a_picture_that_flows_may_fail_and_may_be_hidden(state: PictureState) -> None:
    after, effects = move(state, Event.FAIL)
    assert after is PictureState.FAILED
    assert Effect.WAIT in effects
    assert move(state, Event.HIDE) == (PictureState.RESTING, ()), "hiding is no failure and costs no wait"


@pytest.mark.parametrize("state", sorted(set(PictureState) - FLOWS))
def test_a_picture_that_does_not_flow_can_only_begin(state: PictureState) -> None:
    assert {after in FLOWS for after, _ in TABLE[state].values()} == {True}
    assert all(Effect.BEGIN in effects for _, effects in TABLE[state].values())
    with pytest.raises(KeyError):
        move(state, Event.FAIL)


def test_what_has_failed_starts_on_trial_only() -> None:
    assert {after for after, _ in TABLE[PictureState.FAILED].values()} == {PictureState.TRIAL}


def test_only_a_proven_picture_is_forgiven() -> None:
    forgiven = {
        state
        for state, moves in TABLE.items()
        if any(Effect.FORGIVE in effects for _, effects in moves.values())
    }
    assert forgiven == {PictureState.PROVEN}
    assert move(PictureState.PROVEN, Event.FAIL)[1] == (Effect.FORGIVE, Effect.WAIT), "in this order"


def test_a_trial_that_lasts_flows_and_then_is_proven() -> None:
    state, _ = move(PictureState.RESTING, Event.TRY)
    assert state is PictureState.TRIAL
    state, _ = move(state, Event.LAST)
    assert state is PictureState.FLOWING
    assert move(state, Event.LAST)[0] is PictureState.PROVEN
