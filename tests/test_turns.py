"""Tests of one run that several processes share: side by side, but for those that must be alone."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.support.turns import Turns


def test_ordinary_turns_go_on_side_by_side(tmp_path: Path) -> None:
    one, other = Turns(tmp_path), Turns(tmp_path)
    with one.turn(alone=False), other.turn(alone=False):
        pass


def test_nothing_goes_on_beside_a_turn_alone(tmp_path: Path) -> None:
    told: list[str] = []
    begun = threading.Barrier(3)

    def take(*, alone: bool) -> None:
        turns = Turns(tmp_path)
        begun.wait()
        for _ in range(50):
            with turns.turn(alone=alone):
                if alone:
                    told.append("alone begins")
                told.append("other")
                if alone:
                    told.append("alone ends")

    processes = [threading.Thread(target=take, kwargs={"alone": alone}) for alone in (True, False, False)]
    for one in processes:
        one.start()
    for one in processes:
        one.join()
    begins = [place for place, what in enumerate(told) if what == "alone begins"]
    assert len(begins) == 50
    assert all(told[place + 1 : place + 3] == ["other", "alone ends"] for place in begins)
