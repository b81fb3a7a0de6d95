"""Offers widen with time, wishes never block an answer, and nobody stands in for a lawyer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.messages import Urgency
from signaling.routing import (
    APART,
    WIDENS_AFTER_S,
    OfferWidth,
    Skills,
    Wishes,
    offered,
    shown_width,
    suits,
    width_after,
)

SPECIALTIES = ["", "general", "surgery", "law", "psychology"]
wishes = st.builds(
    Wishes,
    specialty=st.sampled_from(SPECIALTIES),
    language=st.sampled_from(["", "bm", "ff"]),
    gender=st.sampled_from(["", "woman", "man"]),
    clinician_id=st.sampled_from([None, "dr-1", "dr-2"]),
)
skills = st.builds(
    Skills,
    specialties=st.frozensets(st.sampled_from(SPECIALTIES[1:])),
    languages=st.frozensets(st.sampled_from(["fr", "bm"])),
    gender=st.sampled_from(["", "woman", "man"]),
)


@pytest.mark.parametrize("urgency", Urgency)
def test_steps_come_in_order_and_sooner_for_more_urgent_cases(urgency: Urgency) -> None:
    times = list(WIDENS_AFTER_S[urgency].values())
    assert times == sorted(times)
    assert list(WIDENS_AFTER_S[urgency]) == sorted(WIDENS_AFTER_S[urgency])
    for found, from_s in WIDENS_AFTER_S[urgency].items():
        assert width_after(urgency, from_s) is found
        assert width_after(urgency, from_s - 1) < found
        assert all(
            from_s <= WIDENS_AFTER_S[other][found]
            for other in list(Urgency)[list(Urgency).index(urgency) :]
            if found in WIDENS_AFTER_S[other]
        )


def test_only_a_red_case_alarms_the_coordinator() -> None:
    assert width_after(Urgency.RED, 300) is OfferWidth.ALARM
    assert width_after(Urgency.ORANGE, 1e9) is OfferWidth.ANYBODY
    assert width_after(Urgency.GREEN, 1e9) is OfferWidth.ANYBODY


@given(wishes)
def test_a_red_case_goes_at_once_to_everybody_of_the_specialty_whatever_was_wished(wished: Wishes) -> None:
    at_once = width_after(Urgency.RED, 0)
    fit = Skills(frozenset({wished.specialty or "general"}), frozenset({"snk"}), "")
    assert offered(wished, at_once, "dr-9", fit, {"dr-1", "dr-2", "dr-9"})


def test_a_red_case_waits_half_a_minute_for_its_specialty_and_then_takes_whoever_there_is() -> None:
    bleeding, surgeon = Wishes(specialty="obstetrics"), Skills(frozenset({"surgery"}))
    assert not offered(bleeding, width_after(Urgency.RED, 29), "dr-9", surgeon, {"dr-9"})
    assert offered(bleeding, width_after(Urgency.RED, 30), "dr-9", surgeon, {"dr-9"})


@given(wishes, skills, st.sampled_from(OfferWidth), st.sets(st.sampled_from(["dr-1", "dr-2"])))
def test_an_offer_only_ever_widens(wished: Wishes, known: Skills, now: OfferWidth, on_duty: set[str]) -> None:
    if offered(wished, now, "dr-1", known, on_duty):
        assert all(offered(wished, later, "dr-1", known, on_duty) for later in OfferWidth if later >= now)


@given(wishes, skills)
def test_in_the_end_every_clinician_may_answer_except_for_services_apart(
    wished: Wishes, known: Skills
) -> None:
    if wished.specialty in APART or (known.specialties and known.specialties <= APART):
        return
    assert offered(wished, OfferWidth.ANYBODY, "dr-9", known, {"dr-9"})


@given(wishes, st.sampled_from(OfferWidth))
def test_nobody_stands_in_for_a_lawyer_nor_a_lawyer_for_a_doctor(wished: Wishes, now: OfferWidth) -> None:
    doctor, lawyer = Skills(frozenset({"surgery"})), Skills(frozenset({"law"}))
    if wished.specialty == "law":
        assert not offered(wished, now, "dr-9", doctor, {"dr-9"})
        assert not offered(wished, now, "dr-9", Skills(), {"dr-9"})
    else:
        assert not offered(wished, now, "dr-9", lawyer, {"dr-9"})


def test_the_clinician_seen_before_is_offered_alone_only_while_on_duty() -> None:
    again = Wishes(clinician_id="dr-1")
    assert offered(again, OfferWidth.FIRST, "dr-1", Skills(), {"dr-1", "dr-2"})
    assert not offered(again, OfferWidth.FIRST, "dr-2", Skills(), {"dr-1", "dr-2"})
    assert offered(again, OfferWidth.FIRST, "dr-2", Skills(), {"dr-2"})
    assert offered(again, OfferWidth.MATCHING, "dr-2", Skills(), {"dr-1", "dr-2"})


def test_patients_see_only_steps_about_their_own_wishes() -> None:
    plain, woman = Wishes(), Wishes(gender="woman")
    assert {shown_width(plain, now, ()) for now in OfferWidth} == {OfferWidth.MATCHING, OfferWidth.ALARM}
    assert [shown_width(woman, now, ()) for now in OfferWidth][:3] == [
        OfferWidth.MATCHING,
        OfferWidth.MATCHING,
        OfferWidth.RELAXED,
    ]
    known = Wishes(clinician_id="dr-1")
    assert shown_width(known, OfferWidth.FIRST, {"dr-1"}) is OfferWidth.FIRST
    assert shown_width(known, OfferWidth.FIRST, {"dr-2"}) is OfferWidth.MATCHING  # nobody is asked first
    assert shown_width(Wishes(specialty="surgery"), OfferWidth.ANYBODY, ()) is OfferWidth.ANYBODY
    assert (
        shown_width(Wishes(specialty="law"), OfferWidth.ANYBODY, ()) is OfferWidth.MATCHING
    )  # nobody stands in, so the step is not shown


def test_an_unknown_language_does_not_exclude_a_clinician_and_an_unknown_gender_does() -> None:
    assert suits(Wishes(language="ff"), Skills())
    assert not suits(Wishes(language="ff"), Skills(languages=frozenset({"bm"})))
    assert not suits(Wishes(gender="woman"), Skills())
