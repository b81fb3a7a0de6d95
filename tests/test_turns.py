"""Tests of one run that several processes share: side by side, one at a time of a kind, or alone."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.support.turns import Company, Turns

TURNS_EACH = 50


def test_ordinary_turns_go_on_side_by_side(tmp_path: Path) -> None:
    one, other = Turns(tmp_path), Turns(tmp_path)
    with one.turn(Company.ANY), other.turn(Company.ANY):
        pass


def test_ordinary_turns_go_on_beside_one_of_a_kind(tmp_path: Path) -> None:
    one, other = Turns(tmp_path), Turns(tmp_path)
    with one.turn(Company.NOT_ITS_KIND), other.turn(Company.ANY):
        pass


@pytest.mark.parametrize(
    ("takers", "kept_apart"),
    [
        ([Company.ALONE, Company.ANY, Company.NOT_ITS_KIND], Company.ALONE),
        ([Company.NOT_ITS_KIND, Company.NOT_ITS_KIND, Company.NOT_ITS_KIND], Company.NOT_ITS_KIND),
    ],
)
def test_nothing_goes_on_beside_a_turn_that_is_kept_apart(
    tmp_path: Path, takers: list[Company], kept_apart: Company
) -> None:
    told: list[str] = []
    begun = threading.Barrier(len(takers))

    def take(company: Company) -> None:
        turns = Turns(tmp_path)
        begun.wait()
        for _ in range(TURNS_EACH):
            with turns.turn(company):
                if company is kept_apart:
                    told.append("begins")
                told.append("turn")
                if company is kept_apart:
                    told.append("ends")

    processes = [threading.Thread(target=take, args=(company,)) for company in takers]
    for one in processes:
        one.start()
    for one in processes:
        one.join()
    begins = [place for place, what in enumerate(told) if what == "begins"]
    assert len(begins) == TURNS_EACH * takers.count(kept_apart)
    assert all(told[place + 1 : place + 3] == ["turn", "ends"] for place in begins)
