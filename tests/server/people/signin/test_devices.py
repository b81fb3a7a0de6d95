"""The cookie of browsers in which somebody has signed in."""

from __future__ import annotations

import pytest

from server.people.signin.devices import PEOPLE_MAX, Devices

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def devices(key: bytes = KEY) -> Devices:
    return Devices(lambda: key)


def test_a_browser_knows_those_who_signed_in_there_and_nobody_else() -> None:
    cookie = devices().with_account("", "ac_1")
    cookie = devices().with_account(cookie, "ac_2")
    assert devices().number_of(cookie, "ac_1")
    assert devices().number_of(cookie, "ac_2")
    assert devices().number_of(cookie, "ac_3") is None
    assert devices(OTHER_KEY).number_of(cookie, "ac_1") is None


def test_a_cookie_names_nobody_and_is_another_each_time() -> None:
    first, again = devices().with_account("", "ac_1"), devices().with_account("", "ac_1")
    assert "ac_1" not in first
    assert first != again
    assert len(devices().with_account(first, "ac_1")) == len(first)


def test_the_one_who_has_not_signed_in_for_longest_is_forgotten_first() -> None:
    cookie = ""
    for number in range(PEOPLE_MAX + 1):
        cookie = devices().with_account(cookie, f"ac_{number}")
    assert devices().number_of(cookie, "ac_0") is None
    assert devices().number_of(cookie, "ac_1")


@pytest.mark.parametrize("cookie", ["", "x", "A" * 28, "é" * 28, "A" * 10_000, "=" * 28, "\x00" * 28])
def test_anything_else_is_no_cookie_of_ours(cookie: str) -> None:
    assert devices().number_of(cookie, "ac_1") is None
    assert devices().number_of(devices().with_account(cookie, "ac_1"), "ac_1")
