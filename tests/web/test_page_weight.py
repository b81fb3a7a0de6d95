"""A first visit must be light: on 20 kbit/s, 60 kB are 24 seconds."""

from __future__ import annotations

import pytest

from server.platform.http.static import WebFiles
from tests.web.pages import PAGES, WEB, first_load

STATION_MAX_BYTES = 60_000
# What is left under the bound is for one more language and for what the calls still need.
AIM_BYTES = 40_500


def compressed_bytes(page: str) -> int:
    """What the page asks for as it is served: modules with the French catalog in one file, styles in another."""
    served = WebFiles(WEB)
    others = {
        file.relative_to(WEB).as_posix()
        for file in first_load(page)
        if file.suffix not in (".js", ".json", ".css")
    }
    combined = {f"{page}/{page}.js", f"{page}/index+styles.css"}
    return sum(served.size_bytes(name) for name in others | combined)


@pytest.mark.parametrize("page", PAGES)
def test_every_file_of_a_first_visit_exists(page: str) -> None:
    assert [file for file in first_load(page) if not file.is_file()] == []


def test_the_station_page_loads_in_60_kilobytes_with_everything_counted() -> None:
    files = first_load("station")
    names = {file.name for file in files}
    # Guard of the counter itself: these must be among what is counted.
    assert {"index.html", "station.js", "protocol.js", "base.css", "fr.json", "icons.svg"} <= names
    assert compressed_bytes("station") <= STATION_MAX_BYTES


@pytest.mark.parametrize("page", PAGES)
def test_pages_stay_within_what_we_aim_at(page: str) -> None:
    assert compressed_bytes(page) <= AIM_BYTES
