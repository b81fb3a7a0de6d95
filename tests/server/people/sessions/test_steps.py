"""Nothing opens before every step is done; where a second factor exists, nothing changes before its digits."""

from __future__ import annotations

from itertools import product

from server.people.sessions.steps import Step, next_step


def test_a_session_is_whole_only_with_a_second_factor_and_an_own_password() -> None:
    whole = [
        (second_factor, must_change)
        for second_factor, has_one, must_change in product((False, True), repeat=3)
        if next_step(second_factor=second_factor, has_second_factor=has_one, must_change=must_change) is None
    ]
    assert set(whole) == {(True, False)}


def test_a_second_factor_is_shown_before_the_password_can_be_changed() -> None:
    for must_change in (False, True):
        assert (
            next_step(second_factor=False, has_second_factor=True, must_change=must_change)
            is Step.SECOND_FACTOR
        )


def test_a_first_sign_in_makes_a_password_and_then_connects_a_telephone() -> None:
    assert next_step(second_factor=False, has_second_factor=False, must_change=True) is Step.NEW_PASSWORD
    assert (
        next_step(second_factor=False, has_second_factor=False, must_change=False) is Step.ENROL_SECOND_FACTOR
    )
