"""The pages live under a strict content security policy, and people of every ability can use them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from tests.web.pages import PAGES, WEB, html, sources

ICONS = WEB / "shared" / "base" / "icons.svg"


class Elements(HTMLParser):
    """Every start tag of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, {name: value or "" for name, value in attrs}))

    def named(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.all if name == tag]


@pytest.mark.parametrize("page", PAGES)
def test_markup_has_no_inline_script_style_or_handler(page: str) -> None:
    elements = Elements(html(page))
    assert elements.named("style") == []
    assert [script for script in elements.named("script") if "src" not in script] == []
    assert [
        name for _, found in elements.all for name in found if name == "style" or name.startswith("on")
    ] == []


@pytest.mark.parametrize("page", PAGES)
def test_markup_asks_nothing_of_another_host(page: str) -> None:
    addresses = [found.get("href") or found.get("src") or "/" for _, found in Elements(html(page)).all]
    assert [address for address in addresses if not re.match(r"/(?!/)", address)] == []


def test_sources_name_no_other_host() -> None:
    allowed = "http://www.w3.org/2000/svg"  # the name of a vocabulary, never fetched
    for file in sources(".js", ".css", ".svg", ".json", ".html"):
        addresses = re.findall(
            r"(?:https?:)?//[\w.-]+\.\w[^\s\"')]*", strip_comments(file.read_text("utf-8"), file.suffix)
        )
        assert [address for address in addresses if not address.startswith(allowed)] == [], file.name


def strip_comments(text: str, suffix: str) -> str:
    return (
        re.sub(r"/\*.*?\*/|^\s*//.*$", "", text, flags=re.DOTALL | re.MULTILINE) if suffix == ".js" else text
    )


def test_modules_never_make_markup_or_code_from_text() -> None:
    forbidden = re.compile(
        r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|setTimeout\(\s*[\"'`])"
    )
    found = {
        (file.name, match.group(1))
        for file in sources(".js")
        for match in forbidden.finditer(strip_comments(file.read_text("utf-8"), ".js"))
    }
    assert found == set()


def test_no_duration_is_taken_from_the_wall_clock() -> None:
    """A device's clock may be wrong, and may jump when it is set: only a date in words may come from it."""
    dates = re.compile(r"Date\.now|new Date\(\)")
    found = {file.name for file in sources(".js") if dates.search(file.read_text(encoding="utf-8"))}
    assert found == {"reports.js"}  # which month a report begins with


def test_modules_put_nothing_on_the_window() -> None:
    found = [
        file.name
        for file in sources(".js")
        if re.search(r"\b(window|globalThis|self)\.\w+\s*=[^=]", file.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize("page", PAGES)
def test_pages_say_their_language_title_and_width(page: str) -> None:
    elements = Elements(html(page))
    assert elements.named("html")[0]["lang"] == "fr"
    assert "<title>Kɛnɛya</title>" in html(page)
    assert any(
        meta.get("name") == "viewport" and "user-scalable" not in meta["content"]
        for meta in elements.named("meta")
    )


@pytest.mark.parametrize("page", PAGES)
def test_pages_have_one_main_and_headings_that_skip_no_level(page: str) -> None:
    elements = Elements(html(page))
    assert len(elements.named("main")) == 1
    levels = [int(tag[1]) for tag, _ in elements.all if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("page", PAGES)
def test_fields_have_labels_and_buttons_a_kind(page: str) -> None:
    elements = Elements(html(page))
    labels = {label["for"] for label in elements.named("label") if "for" in label}
    fields = [f for f in elements.named("input") + elements.named("textarea") if f.get("type") != "radio"]
    assert [field["name"] for field in fields if field["id"] not in labels] == []
    actions = [b for b in elements.named("button") if "data-action" in b]
    assert [b["data-action"] for b in actions if b.get("type") not in ("button", "submit")] == []


@pytest.mark.parametrize("page", PAGES)
def test_drawings_are_hidden_from_screen_readers(page: str) -> None:
    assert [svg for svg in Elements(html(page)).named("svg") if svg.get("aria-hidden") != "true"] == []


def test_every_icon_in_use_is_drawn_and_none_is_idle() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', ICONS.read_text("utf-8")))
    in_markup = {name for page in PAGES for name in re.findall(r"icons\.svg#([\w-]+)", html(page))}
    assert in_markup <= drawn
    text = "\n".join(file.read_text("utf-8") for file in sources(".js"))
    in_modules = {name for name in drawn if f'"{name}"' in text}
    assert drawn - in_markup - in_modules == set()
    asked = set(re.findall(r'(?:\bicon|swapIcon)\((?:\w+(?:\.\w+)?, )?"([\w-]+)"', text))
    assert asked <= drawn


def colours() -> dict[str, str]:
    return dict(
        re.findall(r"--([\w-]+): (#[0-9a-f]{6});", (WEB / "shared" / "base" / "base.css").read_text("utf-8"))
    )


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TEXT_PAIRS = [
    ("ink", "paper"), ("ink", "card"), ("ink-soft", "paper"), ("ink-soft", "card"), ("cream", "mud"),
    ("leaf-dark", "leaf-pale"), ("ink", "leaf-pale"), ("ink", "clay-pale"), ("clay", "clay-pale"), ("red", "card"),
    ("red", "paper"), ("orange", "card"), ("green", "card"), ("focus", "paper"),
]  # fmt: skip
WHITE_ON = ["leaf", "leaf-dark", "red", "mud", "night"]


@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_stands_out_from_its_ground(text: str, ground: str) -> None:
    assert contrast(colours()[text], colours()[ground]) >= 4.5


@pytest.mark.parametrize("ground", WHITE_ON)
def test_white_text_stands_out_from_its_ground(ground: str) -> None:
    assert contrast("#ffffff", colours()[ground]) >= 4.5


def test_motion_stops_for_those_who_ask() -> None:
    assert "prefers-reduced-motion: reduce" in (WEB / "shared" / "base" / "base.css").read_text("utf-8")
