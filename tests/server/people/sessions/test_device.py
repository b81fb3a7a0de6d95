"""A device in words, from what browsers really send."""

from __future__ import annotations

import pytest

from server.people.sessions.device import device_words

CHROMIUM = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (f"Mozilla/5.0 (X11; Linux x86_64) {CHROMIUM} Safari/537.36", "Chrome, Linux"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROMIUM} Mobile Safari/537.36", "Chrome, Android"),
        (f"Mozilla/5.0 (Windows NT 10.0) {CHROMIUM} Safari/537.36 Edg/142.0.0.0", "Edge, Windows"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", "Firefox, Android"),
        ("Mozilla/5.0 (iPhone; like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1", "Safari, iPhone"),
        ("", ""),
        ("<script>alert(1)</script>", ""),
    ],
)
def test_known_browsers_are_named_and_unknown_ones_are_not_quoted(header: str, words: str) -> None:
    assert device_words(header) == words
