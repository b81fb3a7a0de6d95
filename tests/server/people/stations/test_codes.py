"""Enrolment codes survive a telephone and a hurried keyboard."""

from __future__ import annotations

import pytest

from server.people.stations.codes import (
    ALPHABET,
    LENGTH,
    new_code,
    normalised,
    shown,
)


def test_codes_use_no_letters_that_look_alike() -> None:
    assert not set("0O1ILU") & set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET) == 30


def test_codes_differ() -> None:
    assert len({new_code() for _ in range(1000)}) == 1000


@pytest.mark.parametrize("typed", ["ABCD-2345", "abcd2345", " abcd 2345 ", "AbCd–2345", "a b c d 2 3 4 5"])
def test_case_blanks_and_dashes_do_not_matter(typed: str) -> None:
    assert normalised(typed) == "ABCD2345"


@pytest.mark.parametrize(
    "typed", ["", "ABCD-234", "ABCD-23456", "ABCD-234O", "ÀBCD-2345", "ABCD-234²", "٢" * 8]
)
def test_a_malformed_code_is_not_read(typed: str) -> None:
    assert normalised(typed) is None


def test_a_shown_code_can_be_typed_as_it_is_shown() -> None:
    code = new_code()
    assert len(shown(code)) == LENGTH + 1
    assert normalised(shown(code)) == code
