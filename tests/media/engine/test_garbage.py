"""Garbage collection waits for a moment without a call."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from media.engine.garbage import NEW_EVERY_S, SET_ASIDE_EVERY_S, WHOLE_AT_LAST_S, WHOLE_EVERY_S, Garbage


class Leg:
    """A circle of objects, as a leg that has ended."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture(autouse=True)
def nothing_stays_aside() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.collect()


def ended_leg(garbage: Garbage) -> weakref.ref[Leg]:
    leg = Leg()
    garbage.tend(5.0, calls=True)  # it lived that long, and was set aside
    return weakref.ref(leg)


def test_living_objects_are_set_aside() -> None:
    gc.unfreeze()
    Garbage(0.0).tend(5.0, calls=True)
    assert gc.get_freeze_count() > 0


def test_ended_objects_are_collected_once_nobody_is_in_a_call() -> None:
    garbage = Garbage(0.0)
    leg = ended_leg(garbage)
    garbage.tend(WHOLE_EVERY_S + 1, calls=True)
    assert leg() is not None
    garbage.tend(WHOLE_EVERY_S + 6, calls=False)
    assert leg() is None


def test_where_there_is_always_a_call_ended_objects_are_collected_in_an_hour() -> None:
    garbage = Garbage(0.0)
    leg = ended_leg(garbage)
    garbage.tend(WHOLE_AT_LAST_S + 1, calls=True)
    assert leg() is None


def test_young_garbage_is_not_set_aside() -> None:
    garbage = Garbage(0.0)
    leg = weakref.ref(Leg())
    garbage.tend(5.0, calls=True)
    assert leg() is None


def test_in_between_only_new_objects_are_examined() -> None:
    garbage = Garbage(0.0)
    garbage.tend(SET_ASIDE_EVERY_S, calls=True)
    aside = gc.get_freeze_count()
    kept, ended = Leg(), weakref.ref(Leg())
    garbage.tend(SET_ASIDE_EVERY_S + NEW_EVERY_S, calls=True)
    assert ended() is None
    assert gc.get_freeze_count() <= aside, "what is kept must live longer to be set aside"
    assert any(one is kept for one in gc.get_objects(generation=1))
