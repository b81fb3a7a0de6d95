"""What a clinician's page shows of what it knows."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

from tests.web.clinician.test_state import CALL, DESK, DUTY, queue
from tests.web.states import Message, consultation, person, told

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def shown(pure: Page, *messages: Message) -> dict[str, Any]:
    return (await told(pure, "clinician", *DESK, *messages)).shown


async def test_the_bar_says_who_is_signed_in(pure: Page) -> None:
    assert (await shown(pure))["name"] == "Dr Traoré"


@pytest.mark.parametrize(
    ("messages", "key", "is_shown"),
    [([], "queue.off_duty", True), ([DUTY], "queue.empty", True),
     ([DUTY, queue(("a", "green"))], "queue.empty", False)],
)  # fmt: skip
async def test_an_empty_queue_says_why(
    pure: Page, messages: list[Message], key: str, *, is_shown: bool
) -> None:
    made = await shown(pure, *messages)
    assert (made["emptyText"], made["showsEmpty"]) == (key, is_shown)


async def test_the_title_counts_who_waits_and_marks_red_ones(pure: Page) -> None:
    assert (await shown(pure, DUTY))["mark"] == ""
    assert (await shown(pure, DUTY, queue(("a", "green"), ("b", "orange"))))["mark"] == "(2) "
    assert (await shown(pure, DUTY, queue(("a", "green"), ("b", "red"))))["mark"] == "! (2) "


async def test_the_title_says_that_somebody_is_very_urgent(pure: Page) -> None:
    assert (await shown(pure, DUTY, queue(("a", "green"))))["titleText"] == ""
    assert (await shown(pure, DUTY, queue(("a", "green"), ("b", "red"))))["titleText"] == "urgency.red"


async def test_a_touch_is_asked_for_while_the_browser_holds_the_bell_and_somebody_counts_on_it(
    pure: Page,
) -> None:
    blocked: Message = {"type": "sound_blocked", "is": True}
    made = await shown(pure, DUTY, blocked)
    assert (made["asksForTouch"], made["rings"]) == (True, False)
    for quiet in ([blocked], [DUTY, blocked, {"type": "sound_blocked", "is": False}]):
        made = await shown(pure, *quiet)
        assert (made["asksForTouch"], made["rings"]) == (False, True)
    made = await shown(pure, DUTY, blocked, {"type": "sound", "on": False})
    assert (made["asksForTouch"], made["rings"]) == (False, False)


async def test_the_queue_keeps_its_order_and_when_it_came(pure: Page) -> None:
    made = await shown(pure, DUTY, queue(("b", "red"), ("a", "green")))
    assert [one["consultation_id"] for one in made["entries"]] == ["b", "a"]
    assert made["entriesAtMs"] == 5_000


async def test_devices_are_shown_at_the_desk_alone(pure: Page) -> None:
    assert (await shown(pure))["showsDevices"]
    assert not (await shown(pure, CALL))["showsDevices"]


async def test_people_are_listed_where_they_must_be_seen(pure: Page) -> None:
    assert (await shown(pure, CALL))["listed"] is None
    assert (await shown(pure, consultation("in_call", discreet=True)))["listed"] is not None
    mediated = consultation(
        "in_call", person("station-1"), person("doctor-1", "clinician"), person("m", "mediator")
    )
    assert (await shown(pure, mediated))["listed"] is not None
    # The panel of a host says the same and more.
    assert (await shown(pure, {"type": "led", "call": mediated}))["listed"] is None


async def test_the_bell_shows_whether_it_rings(pure: Page) -> None:
    assert (await shown(pure, {"type": "sound", "on": False}))["sound"] is False


async def test_a_host_is_warned_that_the_group_ends_for_everybody_and_cannot_just_leave(pure: Page) -> None:
    pair = await shown(pure, DUTY, consultation("in_call"))
    assert (pair["endQuestion"]["text"], pair["canLeave"]) == ("end.text", True)
    led = await shown(pure, {"type": "led", "call": consultation("in_call")})
    assert (led["endQuestion"]["text"], led["canLeave"]) == ("end.group.text", False)


async def test_a_screen_reader_is_told_the_queue_as_it_is_now(pure: Page) -> None:
    two, none = queue(("a", "green"), ("b", "red")), queue()
    for messages, told_ in (
        ([DUTY], {"key": "", "count": 0}),
        ([DUTY, two], {"key": "queue.announce", "count": 2}),
        ([DUTY, two, queue(("a", "green"))], {"key": "queue.announce", "count": 1}),
        ([DUTY, two, none], {"key": "queue.announce.none", "count": 0}),
        ([DUTY, two, {"type": "duty", "on": False}], {"key": "", "count": 0}),
    ):
        assert (await shown(pure, *messages))["announced"] == told_, messages


async def test_a_grave_outcome_is_marked_until_its_case_is_opened(pure: Page) -> None:
    worse: Message = {"type": "case_news", "consultation_id": "case-9", "outcome": "worse", "site": "Kayes"}
    kept: Message = {"type": "news", "news": [{"consultation_id": "case-8", "outcome": "died"}]}
    assert (await shown(pure, worse))["news"] == 1
    assert (await shown(pure, kept, worse, worse | {"outcome": "died"}))["news"] == 2
    assert (await shown(pure, kept, worse, {"type": "read", "id": "case-9"}))["news"] == 1
    assert (await shown(pure, worse, {"type": "forgotten"}))["news"] == 0


def owed(*cases: tuple[str, float]) -> Message:
    return {
        "type": "owed",
        "lines": [{"id": case, "site": "Kayes", "opened_at": at, "urgency": "green"} for case, at in cases],
    }


async def test_what_waits_for_an_answer_is_shown_the_oldest_first(pure: Page) -> None:
    found = await shown(pure, owed(("new", 9.0), ("old", 5.0)))
    assert [one["id"] for one in found["owed"]] == ["old", "new"]
    assert (await shown(pure, owed(("new", 9.0)), owed()))["owed"] == []


async def test_what_waits_for_an_answer_goes_with_whoever_owes_it(pure: Page) -> None:
    assert (await shown(pure, owed(("a", 1.0)), {"type": "signed_out"}))["owed"] == []
    assert (await shown(pure, owed(("a", 1.0)), {"type": "forgotten"}))["owed"] == []
