"""Nothing personal can get into an entry."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest

from server.platform.redacted import Redacted
from server.trail.acts import Act
from server.trail.entry import (
    FACTS_MAX,
    Entry,
    NotAFact,
    Ref,
    facts_text,
)
from signaling.messages import Role


class Word(StrEnum):
    RED = "red"
    ACCENTED = "gênant"


def entry(**fields: Any) -> Entry:
    return Entry(**({"act": Act.CONSENT_GIVEN, "actor_id": "st_1", "actor_role": Role.STATION} | fields))


@pytest.mark.parametrize(
    "fact",
    ["Aminata Keïta", "fever", Redacted("fièvre"), 1.5, ["x"], {"x": 1}, 2**53, Word.ACCENTED, b"x"],
)
def test_free_text_is_not_accepted_as_a_fact_in_any_form(fact: object) -> None:
    with pytest.raises(NotAFact) as refused:
        entry(facts={"note": fact})
    assert "Aminata" not in str(refused.value)
    assert "fi" not in str(refused.value).replace("fact", "")


@pytest.mark.parametrize("fact", [3, -1, True, None, Word.RED, Ref("rf_12ab")])
def test_counts_listed_words_and_ids_are_accepted_as_facts(fact: Any) -> None:
    assert entry(facts={"it": fact}).facts == {"it": fact}


@pytest.mark.parametrize("name", ["actor_id", "consultation_id", "subject_id"])
@pytest.mark.parametrize("value", ["", "Dr Traoré", "x" * 65, 7, "a b"])
def test_an_id_field_accepts_only_an_id(name: str, value: object) -> None:
    with pytest.raises(NotAFact):
        entry(**{name: value})


@pytest.mark.parametrize("key", ["", "Name", "with blank", "é", "x" * 41, 5])
def test_the_name_of_a_fact_is_a_short_word(key: Any) -> None:
    with pytest.raises(NotAFact):
        entry(facts={key: 1})


def test_an_act_and_a_role_must_come_from_their_tables() -> None:
    with pytest.raises(NotAFact):
        entry(act="consent_given")
    with pytest.raises(NotAFact):
        entry(actor_role="station")


def test_a_ref_cannot_carry_a_sentence() -> None:
    with pytest.raises(NotAFact):
        Ref("two words")


def test_the_size_of_an_entry_is_bounded() -> None:
    with pytest.raises(NotAFact):
        entry(facts={f"f{number}": 1 for number in range(FACTS_MAX + 1)})


def test_facts_have_the_same_text_in_any_order() -> None:
    text = '{"a":true,"b":"red","c":"x_1","d":null}'
    assert facts_text({"d": None, "c": Ref("x_1"), "b": Word.RED, "a": True}) == text
    assert facts_text({"a": True, "b": Word.RED, "c": Ref("x_1"), "d": None}) == text
