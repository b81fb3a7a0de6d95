"""Names are found however they were typed, and nothing that is kept changes how its neighbours read."""

from __future__ import annotations

import json
import unicodedata

import pytest

from signaling.text import UnfitText, folded, is_fit, tidied, tidied_json

ALIKE = [
    ("N'Diaye", "n’diaye"),
    ("N'Diaye", "NʼDIAYE"),
    ("N'Diaye", "N`diaye"),
    ("N'Diaye", "Ｎ＇ｄｉａｙｅ"),
    ("Traoré", unicodedata.normalize("NFD", "TRAORÉ")),
    ("Fatou  Diarra", " fatou\u00a0diarra "),
    ("Mariam", "\u202aMariam\u202c"),
    ("2025/0412", "２０２５/０４１２"),
    ("Straße", "STRASSE"),
    ("Ɲɛnɛ", "ɲƐnɛ"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_two_ways_of_typing_a_name_are_one_name(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Traoré", "Traore"), ("Ba", "Bah"), ("Sow", "Sɔw"), ("12", "1 2")]
)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert folded(one) != folded(other)


def test_what_turns_its_neighbours_is_taken_out_and_what_is_read_stays() -> None:
    assert tidied("Poste \u202e5,83\u202c \u2067x\u2069\u200f") == "Poste 5,83 x"
    assert tidied(unicodedata.normalize("NFD", "Kadiré")) == "Kadiré"
    assert tidied("ߞߊߟߏ محمد") == "ߞߊߟߏ محمد"  # scripts that run to the left are read as they are
    assert tidied("क्\u200dष") == "क्\u200dष"  # a joiner shapes letters
    assert tidied("fièvre\nCOVID™") == "fièvre\nCOVID™"


@pytest.mark.parametrize("unfit", ["a\0", "\x1b[31m", "a\x7f", "\u0080", "\ufffe", "\ufdd0", "\x0b"])
def test_characters_that_no_keyboard_writes_are_unfit(unfit: str) -> None:
    assert not is_fit(unfit)


def test_lines_and_tabs_are_fit() -> None:
    assert is_fit("une\tligne\r\nune autre\u0085")


@pytest.mark.parametrize("escaped", [True, False])
def test_a_document_is_tidied_at_any_depth_but_for_what_is_compared_as_typed(escaped: bool) -> None:
    password = unicodedata.normalize("NFD", "été")
    value = {"a": ["\u202ex", {"b": "e\u0301", "password": password}], "n": 1.5, "z": None}
    document = json.dumps(value, ensure_ascii=escaped).encode()
    assert json.loads(tidied_json(document, {"password"})) == {
        "a": ["x", {"b": "é", "password": password}],
        "n": 1.5,
        "z": None,
    }


@pytest.mark.parametrize(
    "document", [b'{"a": "x\\u0000"}', b'["\\u001b"]', b'["\x7f"]', '["\ufffe"]'.encode()]
)
def test_a_document_with_unfit_text_is_refused(document: bytes) -> None:
    with pytest.raises(UnfitText):
        tidied_json(document)
