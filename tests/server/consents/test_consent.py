"""Which answers are a consent."""

from __future__ import annotations

from typing import Any

import pytest

from server.consents import Company, ConsentRefusedAsWritten, ConsentScope, Giver, How, NewConsent
from server.consents.consent import NAME_MAX_CHARS, check
from server.platform.redacted import Redacted


def answer(**fields: Any) -> NewConsent:
    whole: dict[str, Any] = {
        "consultation_id": "ca_1",
        "scope": ConsentScope.TELECONSULTATION,
        "given": True,
        "language": "bm",
        "text_id": "teleconsultation-1",
        "how": How.SPOKEN,
        "giver": Giver.PATIENT,
        "explained_by": Redacted("Aminata K."),
        "recorded_by": "st_1",
    }
    return NewConsent(**(whole | fields))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"given": False},
        {"how": How.THUMB, "giver": Giver.MOTHER, "giver_name": Redacted("Fanta")},
        {"giver": Giver.EMERGENCY},
        {"language": "bm-Nkoo"},
        {"scope": ConsentScope.REFERRAL, "text_id": "referral-12", "recipient": "osc_lawyer"},
        {"scope": ConsentScope.RECORDING, "text_id": "recording-1"},
        {"scope": ConsentScope.THIRD_PERSON, "text_id": "third_person-1"},
        {"scope": ConsentScope.THIRD_PERSON, "text_id": "third_person-1", "giver": Giver.EMERGENCY},
    ],
)
def test_a_complete_answer_is_accepted(fields: dict[str, Any]) -> None:
    check(answer(**fields))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"explained_by": Redacted("  ")}, "consent_explained_by"),
        ({"explained_by": Redacted("x" * (NAME_MAX_CHARS + 1))}, "consent_explained_by"),
        ({"giver_name": Redacted("x" * (NAME_MAX_CHARS + 1))}, "consent_giver"),
        ({"text_id": "teleconsultation"}, "consent_text"),
        ({"text_id": "recording-1"}, "consent_text"),
        ({"text_id": ""}, "consent_text"),
        ({"text_id": "group-1"}, "consent_text"),
        ({"text_id": "teleconsultationofmany-1"}, "consent_text"),
        ({"scope": ConsentScope.THIRD_PERSON, "text_id": "referral-1"}, "consent_text"),
        ({"language": "Bambara"}, "consent_language"),
        ({"recipient": "osc_lawyer"}, "consent_recipient"),
        ({"scope": ConsentScope.REFERRAL, "text_id": "referral-1"}, "consent_recipient"),
        (
            {"scope": ConsentScope.RECORDING, "text_id": "recording-1", "giver": Giver.EMERGENCY},
            "consent_giver",
        ),
    ],
)
def test_an_answer_without_a_required_part_is_refused(fields: dict[str, Any], code: str) -> None:
    with pytest.raises(ConsentRefusedAsWritten) as refused:
        check(answer(**fields))
    assert refused.value.code == code


def test_in_a_group_only_the_words_about_groups_explain_anything() -> None:
    check(answer(text_id="group-2"), Company.GROUP)
    for fields in (
        {},
        {"scope": ConsentScope.RECORDING, "text_id": "recording-1"},
        {"scope": ConsentScope.THIRD_PERSON, "text_id": "third_person-1"},
    ):
        with pytest.raises(ConsentRefusedAsWritten) as refused:
            check(answer(**fields), Company.GROUP)
        assert refused.value.code == "consent_text"


def test_names_of_people_do_not_appear_in_the_repr() -> None:
    shown = repr(answer(giver_name=Redacted("Fanta")))
    assert "Aminata" not in shown
    assert "Fanta" not in shown
