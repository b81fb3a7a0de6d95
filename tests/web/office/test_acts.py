"""Everything that leaves a trace is told to an auditor in words, in every language."""

from __future__ import annotations

import json
import re

import pytest

from server.trail.acts import Act, System
from signaling.messages import Role
from tests.web.pages import LANGUAGES, WEB


def words(language: str) -> dict[str, str]:
    """What the auditor's section has at hand."""
    found: dict[str, str] = {}
    for name in (language, f"people.{language}", f"reports.{language}"):
        found |= json.loads((WEB / "shared" / "base" / "i18n" / f"{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_act_has_words_of_its_own(language: str) -> None:
    known = words(language)
    told = {act: known.get(f"act.{act}", "") for act in Act}
    assert [act for act, text in told.items() if not text or text == act] == []
    assert len(set(told.values())) == len(told)
    assert {key for key in known if key.startswith("act.")} == {f"act.{act}" for act in Act}


@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_who_acts_has_a_word(language: str) -> None:
    known = words(language)
    assert [one for one in (*Role, *System) if f"role.{one}" not in known] == []


def test_an_auditor_can_look_for_every_act() -> None:
    source = (WEB / "office" / "sections" / "acts.js").read_text(encoding="utf-8")
    assert re.findall(r'"(\w+)"', source) == [act.value for act in Act]
