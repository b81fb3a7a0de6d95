"""Tests of one run that several processes share: side by side, a few at once of a kind, or alone."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.support.turns import ALONE, ORDINARY, Kind, Turns

TURNS_EACH = 20
CALL = Kind("call", 2)
LINK = Kind("link", 1)


def most_beside(folder: Path, takers: list[Kind], counted: Kind) -> int:
    """The most turns that went on at once while one of the counted kind did."""
    running: list[Kind] = []
    most = 0
    lock, begun = threading.Lock(), threading.Barrier(len(takers))

    def take(kind: Kind) -> None:
        nonlocal most
        turns = Turns(folder)
        begun.wait()
        for _ in range(TURNS_EACH):
            with turns.turn(kind):
                with lock:
                    running.append(kind)
                    if counted is ALONE and ALONE in running:
                        most = max(most, len(running))
                    most = max(most, running.count(counted))
                time.sleep(0.001)  # the others' chance to be here, too
                with lock:
                    running.remove(kind)

    processes = [threading.Thread(target=take, args=(kind,)) for kind in takers]
    for one in processes:
        one.start()
    for one in processes:
        one.join()
    return most


def test_ordinary_turns_go_on_side_by_side(tmp_path: Path) -> None:
    with Turns(tmp_path).turn(ORDINARY), Turns(tmp_path).turn(ORDINARY):
        pass


def test_ordinary_turns_go_on_beside_all_of_a_kind(tmp_path: Path) -> None:
    with (
        Turns(tmp_path).turn(CALL),
        Turns(tmp_path).turn(CALL),
        Turns(tmp_path).turn(LINK),
        Turns(tmp_path).turn(ORDINARY),
    ):
        pass


def test_nothing_goes_on_beside_a_turn_alone(tmp_path: Path) -> None:
    assert most_beside(tmp_path, [ALONE, ORDINARY, ORDINARY, LINK], ALONE) == 1


@pytest.mark.parametrize("kind", [CALL, LINK])
def test_only_so_many_of_a_kind_go_on_at_once(tmp_path: Path, kind: Kind) -> None:
    assert most_beside(tmp_path, [kind, kind, kind, ORDINARY], kind) <= kind.at_once
