"""Which passwords are accepted, and which are refused."""

from __future__ import annotations

import pytest

from server.people.errors import PasswordRefused
from server.people.signin import passwords

ABOUT = ("aminata", "Dr Aminata Traoré")


@pytest.mark.parametrize(
    "password",
    [
        "la pirogue verte du fleuve",
        "correct horse battery",
        "xk29fjw0qpzu",
        "ɲɛmɔgɔ bɛ sira kan",
        "tabouret lampe citron",
        "onlysmalllettersinthisone",
    ],
)
def test_any_mixture_that_is_hard_to_guess_is_accepted(password: str) -> None:
    passwords.check(password, ABOUT)


@pytest.mark.parametrize("password", ["", "short", "elevenchars", "x" * 257])
def test_length_is_the_only_rule_of_form(password: str) -> None:
    with pytest.raises(PasswordRefused) as refused:
        passwords.check(password, ABOUT)
    assert refused.value.code == "password_length"


@pytest.mark.parametrize(
    "password",
    [
        "1qaz2wsx3edc",  # in the list itself
        "password1234",  # a word of the list followed by a number
        "2026motdepasse!",  # the same in French, with signs around it
        "P@ssw0rd2026!",  # with letters replaced by signs
        "Azertyuiop123",
        "bamakobamako",  # a local word, twice
        "kayes-keneya",  # two of them
        "aaaaaaaaaaaa",
        "ababababababab",
        "123456789012",
        "abcdefghijklm",
        "traoreaminata",  # the person's own name
        "Aminata2026!!",
    ],
)
def test_passwords_that_guessers_try_first_are_refused(password: str) -> None:
    with pytest.raises(PasswordRefused) as refused:
        passwords.check(password, ABOUT)
    assert refused.value.code == "password_common"


def test_a_refusal_does_not_repeat_what_was_typed() -> None:
    with pytest.raises(PasswordRefused) as refused:
        passwords.check("motdepasse2026", ABOUT)
    assert "motdepasse" not in repr(refused.value) + str(refused.value)
