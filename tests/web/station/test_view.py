"""What a station's page shows of what it knows."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

from tests.web.states import Message, consultation, person, told
from tests.web.station.test_state import HOME, WAITING

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def shown(pure: Page, *messages: Message) -> dict[str, Any]:
    return (await told(pure, "station", *HOME, *messages)).shown


async def waiting_room(pure: Page, **place: Any) -> dict[str, Any]:
    message = {"type": "waiting", "consultation_id": "case-1", "waiting_s": 5, "atMs": 1_000, **place}
    return dict((await shown(pure, WAITING, message))["waiting"])


async def test_the_bar_says_which_station_this_is(pure: Page) -> None:
    assert (await shown(pure))["name"] == "Kayes · Poste 1"


async def test_devices_are_shown_before_a_call_and_not_in_one(pure: Page) -> None:
    assert (await shown(pure))["showsDevices"]
    assert (await shown(pure, WAITING))["showsDevices"]
    for message in (consultation("in_call"), {"type": "opened", "beside": "case"}):
        assert not (await shown(pure, message))["showsDevices"]


async def test_a_place_that_is_not_known_yet_is_not_made_up(pure: Page) -> None:
    room = (await shown(pure, WAITING))["waiting"]
    assert (room["position"], room["drawn"], room["expected"]) == (0, 0, [])
    assert room["before"] == {"key": "waiting.unknown"}
    assert room["onDuty"] == {"key": "waiting.unknown"}  # nor is it said that nobody is there


async def test_a_place_is_forgotten_with_its_consultation(pure: Page) -> None:
    place: Message = {"type": "waiting", "position": 2, "on_duty": 1, "waiting_s": 5, "atMs": 0}
    assert (await shown(pure, WAITING, place, WAITING))["place"] is not None
    assert (await shown(pure, WAITING, place, consultation("cancelled")))["place"] is None
    assert (await shown(pure, WAITING, place, consultation("offered", case="case-2")))["place"] is None


@pytest.mark.parametrize(
    ("position", "words", "drawn"),
    [(1, {"key": "waiting.first"}, 1), (3, {"key": "waiting.before", "count": 2}, 3),
     (12, {"key": "waiting.before", "count": 11}, 8)],
)  # fmt: skip
async def test_the_place_is_said_and_drawn(
    pure: Page, position: int, words: dict[str, Any], drawn: int
) -> None:
    room = await waiting_room(pure, position=position, on_duty=2)
    assert (room["position"], room["before"], room["drawn"]) == (position, words, drawn)
    assert room["onDuty"] == {"key": "waiting.on_duty", "count": 2}


async def test_how_long_one_has_waited_is_counted_from_when_it_was_told(pure: Page) -> None:
    place: Message = {"type": "waiting", "position": 1, "on_duty": 1, "waiting_s": 65, "atMs": 1_000}
    made = (await shown(pure, WAITING, place))["place"]
    assert (made["waiting_s"], made["atMs"]) == (65, 1_000)


async def test_what_is_expected_is_said_only_as_far_as_it_is_known(pure: Page) -> None:
    alone = await waiting_room(pure, position=1, on_duty=0)
    assert alone["expected"] == [{"key": "wait.unknown"}, {"key": "wait.nobody"}]
    known = {"expected_median_s": 60, "expected_low_s": 30, "expected_high_s": 120, "next_on_duty_in_s": 600}
    room = await waiting_room(pure, position=1, on_duty=2, widened="relaxed", **known)
    assert room["expected"] == [
        {"key": "wait.expected", "clocks": {"median": 60, "low": 30, "high": 120}},
        {"key": "wait.next", "clocks": {"time": 600}},
        {"key": "wait.relaxed"},
    ]
    assert (await waiting_room(pure, position=1, on_duty=1))["expected"][-1] == {"key": "wait.matching"}


async def test_a_very_urgent_patient_reads_that_everybody_who_can_help_is_asked(pure: Page) -> None:
    red = WAITING | {"urgency": "red"}
    place = {"type": "waiting", "waiting_s": 5, "atMs": 0, "position": 1, "on_duty": 1}
    for widened, said in (
        ("matching", "red"),
        ("relaxed", "red"),
        ("anybody", "anybody"),
        ("alarm", "alarm"),
    ):
        room = (await shown(pure, red, place | {"widened": widened}))["waiting"]
        assert room["expected"][-1] == {"key": f"wait.{said}"}


async def test_a_patient_who_was_handed_over_reads_by_whom_and_to_whom(pure: Page) -> None:
    to_one = await waiting_room(
        pure, position=1, on_duty=1, widened="first", handed_over_by="Dr A", handed_over_to="Dr B"
    )
    assert to_one["expected"][0] == {"key": "wait.handed_to", "names": {"by": "Dr A", "to": "Dr B"}}
    assert to_one["expected"][-1] == {"key": "wait.handed_first", "names": {"to": "Dr B"}}
    on = await waiting_room(pure, position=1, on_duty=1, widened="matching", handed_over_by="Dr A")
    assert on["expected"][0] == {"key": "wait.handed_on", "names": {"by": "Dr A"}}
    assert on["expected"][-1] == {"key": "wait.matching"}
    known = await waiting_room(pure, position=1, on_duty=1, widened="first")
    assert known["expected"][-1] == {"key": "wait.first"}


async def test_an_alarm_is_told_also_where_nobody_is_on_duty(pure: Page) -> None:
    room = await waiting_room(pure, position=1, on_duty=0, widened="alarm")
    assert room["expected"] == [{"key": "wait.unknown"}, {"key": "wait.nobody"}, {"key": "wait.alarm"}]


async def test_with_nobody_to_answer_no_doctor_is_said_to_come_and_what_can_be_done_is(pure: Page) -> None:
    nobody = await waiting_room(pure, position=1, on_duty=0)
    assert (nobody["title"], nobody["before"]) == ("waiting.title.nobody", {"key": "waiting.first.kept"})
    assert {"key": "wait.nobody"} in nobody["expected"]
    somebody = await waiting_room(pure, position=1, on_duty=1)
    assert (somebody["title"], somebody["before"]) == ("waiting.title", {"key": "waiting.first"})
    assert {"key": "wait.nobody"} not in somebody["expected"]
    assert (await shown(pure, WAITING))["waiting"]["title"] == "waiting.title.sent"


async def test_the_urgency_stays_as_it_is_when_the_consultation_is_over(pure: Page) -> None:
    assert (await shown(pure, WAITING))["urgency"] == "orange"
    assert (await shown(pure))["urgency"] is None


async def test_people_are_listed_where_they_must_be_seen(pure: Page) -> None:
    two = consultation("in_call")
    assert (await shown(pure, two))["listed"] is None
    three = consultation("in_call", person("station-1"), person("d", "clinician"), person("m", "mediator"))
    for message in (three, consultation("in_call", discreet=True)):
        assert (await shown(pure, message))["listed"] is not None
    seat: Message = {"type": "seat", "seatId": "seat-1", "call": two}
    assert (await shown(pure, seat))["listed"] is not None
    assert (await shown(pure, consultation("offered", discreet=True)))["listed"] is None


async def test_whoever_leaves_a_group_is_not_warned_that_it_ends_for_all(pure: Page) -> None:
    pair = await shown(pure, consultation("in_call"))
    assert (pair["endQuestion"]["text"], pair["endButton"]["key"]) == ("end.text", "call.end")
    seat: Message = {"type": "seat", "seatId": "seat-1", "call": consultation("in_call")}
    seated = await shown(pure, seat)
    assert (seated["endQuestion"]["text"], seated["endButton"]["key"]) == ("end.seat.text", "call.leave")


async def test_how_far_photos_are_is_shown_as_it_was_told(pure: Page) -> None:
    assert (await shown(pure, {"type": "photo", "text": "Photo 1 : 40 %"}))["photo"] == "Photo 1 : 40 %"
