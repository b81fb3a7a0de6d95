"""Every word a person sees comes from a catalog, in every language, and nothing is left over."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.web.pages import LANGUAGES, PAGES, WEB, html, import_graph, sources

PLURAL = re.compile(r"\.(one|many|other)$")
SIGNALING = WEB.parent / "signaling" / "PROTOCOL.md"
CATALOGS = WEB / "shared" / "base" / "i18n"
PARTS = ("people", "cases", "consent", "together", "reports", "faults")
# Words that are called "other" and count nothing (FHIR AdministrativeGender, and a reason that is on no list).
NOT_COUNTED = {"sex.other", "reason.other", "blockage.other"}
# Codes that a person never causes from these pages: the pages have no such request.
NEVER_SHOWN = {
    "hello_timeout",
    "silent",
    "ticket_refused",
    "protocol_version",
    "taken_over",
    "signed_out",
    "server_stopping",
}


def catalog_file(part: str, language: str) -> dict[str, str]:
    """One file: that of every page where ``part`` is empty, otherwise the one that a part of a page adds."""
    name = f"{part}.{language}" if part else language
    loaded = json.loads((CATALOGS / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def catalog(language: str) -> dict[str, str]:
    """All words of a language: the catalog of every page, and those that parts of pages add."""
    words: dict[str, str] = {}
    for part in ("", *PARTS):
        loaded = catalog_file(part, language)
        assert words.keys().isdisjoint(loaded)
        words |= loaded
    return words


def without_form(key: str) -> str:
    return key if key in NOT_COUNTED else PLURAL.sub("", key)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_every_catalog_is_of_a_known_part_and_language() -> None:
    known = {f"{part}.{one}.json" if part else f"{one}.json" for part in ("", *PARTS) for one in LANGUAGES}
    assert {file.name for file in CATALOGS.iterdir()} == known


def test_the_pages_offer_the_languages_that_have_catalogs() -> None:
    offered = re.search(
        r"export const LANGUAGES = .*?\((\[.*?\])\)", (WEB / "shared" / "base" / "i18n.js").read_text()
    )
    assert offered
    assert tuple(json.loads(offered[1])) == LANGUAGES


@pytest.mark.parametrize("part", ["", *PARTS])
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_part_has_the_same_keys_as_in_french(part: str, language: str) -> None:
    french = {without_form(key) for key in catalog_file(part, "fr")}
    assert {without_form(key) for key in catalog_file(part, language)} == french


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_same_placeholders_as_french(language: str) -> None:
    french, words = catalog("fr"), catalog(language)
    wrong = [
        key for key in french.keys() & words.keys() if placeholders(french[key]) != placeholders(words[key])
    ]
    assert wrong == []


# The forms of CLDR: French counts millions ("many") apart, Bambara has one form for every number.
@pytest.mark.parametrize(
    ("language", "forms"), [("fr", {"one", "many", "other"}), ("bm", {"other"}), ("en", {"one", "other"})]
)
def test_counted_texts_have_every_plural_form_of_their_language(language: str, forms: set[str]) -> None:
    counted: dict[str, set[str]] = {}
    for key in catalog(language).keys() - NOT_COUNTED:
        found = PLURAL.search(key)
        if found:
            counted.setdefault(without_form(key), set()).add(found.group(1))
    assert counted
    assert {key: have for key, have in counted.items() if have != forms} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty(language: str) -> None:
    assert [key for key, text in catalog(language).items() if not text.strip()] == []


@pytest.mark.parametrize("page", PAGES)
def test_the_markup_says_the_same_french_as_the_catalog(page: str) -> None:
    french = catalog("fr")
    texts = re.findall(r'data-i18n="([\w.]+)"[^>]*>([^<]*)<', html(page))
    labels = re.findall(r'data-i18n-label="([\w.]+)" aria-label="([^"]*)"', html(page))
    examples = re.findall(r'data-i18n-placeholder="([\w.]+)" placeholder="([^"]*)"', html(page))
    assert texts
    assert {key: text for key, text in texts + labels + examples if french.get(key) != text} == {}


def used_keys() -> tuple[set[str], set[str]]:
    """Whole keys, and beginnings of keys that are put together from a value, as the sources use them."""
    whole: set[str] = set()
    begun: set[str] = set()
    for page in PAGES:
        whole |= set(re.findall(r'data-i18n(?:-label|-placeholder)?="([\w.]+)"', html(page)))
    for file in sources(".js"):
        text = file.read_text(encoding="utf-8")
        whole |= set(re.findall(r'"([a-z_]+(?:\.[a-z_0-9]+)+)"', text))
        begun |= set(re.findall(r"`([a-z_]+\.)(?:\$|[a-z])", text))
    return whole, begun | {"note."}


def reached(page: str) -> set[Path]:
    """Every module that a page can ever load, those that come late included."""
    found: set[Path] = set()
    waiting = [WEB / page / f"{page}.js"]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found |= import_graph(module)
        late = [
            (file.parent / name).resolve()
            for file in import_graph(module)
            for name in re.findall(r"""\bimport\(["'](\.[^"']+)["']\)""", file.read_text(encoding="utf-8"))
        ]
        # A comment imports types of files that no page loads.
        waiting += [file for file in late if file not in found and file.is_file()]
    return found


@pytest.mark.parametrize("page", PAGES)
def test_a_page_brings_the_catalog_of_every_word_that_it_shows(page: str) -> None:
    """A key whose catalog never comes is shown as the key."""
    texts = [file.read_text(encoding="utf-8") for file in reached(page)]
    brought = {"", *(part for text in texts for part in re.findall(r'alsoSay\("(\w+)"\)', text))}
    brought |= {"cases", "people"} if any("catalog(part" in text for text in texts) else set()
    known = {without_form(key): part for part in ("", *PARTS) for key in catalog_file(part, "fr")}
    used = {key for text in texts for key in re.findall(r'"([a-z_]+(?:\.[a-z_0-9]+)+)"', text)}
    assert {key for key in used if key in known and known[key] not in brought} == set()


def test_every_key_in_use_is_in_the_catalog() -> None:
    whole, _ = used_keys()
    known = set(catalog("fr")) | {without_form(key) for key in catalog("fr")}
    known |= {key.rpartition(".")[0] for key in known}  # `note.none.mic` stands for its .title and .text
    others = re.compile(r"\.(js|svg|json)$|^keneya\.|^note\.denied$")  # files, storage, beginnings
    assert {key for key in whole - known if not others.search(key)} == set()


def test_no_text_of_the_catalog_is_unused() -> None:
    whole, begun = used_keys()
    keys = {without_form(key) for key in catalog("fr")}
    assert {key for key in keys - whole if not key.startswith(tuple(begun))} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_code_of_the_protocol_has_a_sentence(language: str) -> None:
    section = SIGNALING.read_text(encoding="utf-8").split("## Error codes")[1].split("\n## ")[0]
    codes = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    assert "already_taken" in codes
    assert {code for code in codes - NEVER_SHOWN if f"error.{code}" not in catalog(language)} == set()


@pytest.mark.parametrize("language", ["fr", "bm"])
def test_marks_never_begin_a_line(language: str) -> None:
    """French, and Bambara after it, put a space before ? ! ; : and inside guillemets; one that does not break."""
    wrong = re.compile(r" [?!;:»]|« |\w[?!;:](\s|$)")
    assert [key for key, text in catalog(language).items() if wrong.search(text)] == []


def test_bambara_is_written_in_its_own_alphabet() -> None:
    """The official Latin orthography of Mali: ɛ ɔ ɲ ŋ and no accents, tones unmarked; names keep their own."""
    others = re.compile(r"[^\W\da-zA-ZɛɔɲŋƐƆƝŊ_]")
    names = {"reason.sickle_cell", "vital.spo2", "audit.number"}
    assert {
        key: text for key, text in catalog("bm").items() if key not in names and others.search(text)
    } == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_leaflet_says_what_the_catalog_says(language: str) -> None:
    """The poster of the quick exit runs no script, so it holds all languages itself."""
    page = html("leaflet")
    poster = re.search(rf'<main class="leaflet" id="{language}" lang="{language}">(.*?)</main>', page, re.S)
    assert poster
    said = re.findall(r"<(?:h1|li)>(.*?)</", poster[1])
    assert said == [text for key, text in catalog_file("together", language).items() if key[:8] == "leaflet."]
    assert f'<a href="#{language}" lang="{language}"' in page
