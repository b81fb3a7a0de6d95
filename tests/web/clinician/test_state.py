"""What a clinician's page knows: each message, by what it changes in what is shown."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

from tests.web.states import Message, Told, consultation, person, told, welcome

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

ONLINE: Message = {"type": "status", "online": True}
DESK: list[Message] = [{"type": "signed_in"}, {"type": "begun"}, welcome("doctor-1"), ONLINE]
DUTY: Message = {"type": "duty", "on": True}
CALL = consultation("in_call")
SETTLED: Message = {"type": "settled"}


def queue(*entries: tuple[str, str]) -> Message:
    """A queue of cases with their urgencies."""
    return {
        "type": "queue", "atMs": 5_000,
        "entries": [{"consultation_id": case, "urgency": urgency} for case, urgency in entries],
    }  # fmt: skip


async def at_desk(pure: Page, *messages: Message) -> Told:
    return await told(pure, "clinician", *DESK, *messages)


async def screen(pure: Page, *messages: Message) -> str:
    return str((await told(pure, "clinician", *messages)).shown["screen"])


async def test_nobody_is_asked_to_sign_in_before_it_is_known_that_nobody_is(pure: Page) -> None:
    assert await screen(pure) == "loading"
    assert await screen(pure, {"type": "sound", "on": True}) == "loading"
    assert await screen(pure, {"type": "begun"}) == "sign-in"
    assert await screen(pure, {"type": "signed_in"}, {"type": "begun"}) == "loading"
    assert await screen(pure, *DESK) == "queue"


async def test_a_page_reloaded_in_a_call_never_shows_the_queue(pure: Page) -> None:
    assert await screen(pure, *DESK[:3], CALL, ONLINE) == "call"


async def test_a_server_that_begins_anew_takes_no_leg_away_from_a_call(pure: Page) -> None:
    anew = [welcome("doctor-1"), {"type": "duty", "on": False}]
    told_so = await at_desk(pure, DUTY, CALL, *anew)
    assert (told_so.state["warm"], told_so.shown["onDuty"]) == (True, False)
    # Without a call, nothing is warm for nobody.
    assert not (await at_desk(pure, DUTY, *anew)).state["warm"]
    assert not (await at_desk(pure, DUTY, CALL, *anew, SETTLED)).state["warm"]


async def test_a_group_that_the_server_no_longer_knows_is_no_longer_led(pure: Page) -> None:
    group = {"type": "led", "call": CALL}
    assert (await at_desk(pure, group)).state["leads"]
    assert not (await at_desk(pure, group, welcome("doctor-1"), SETTLED)).state["leads"]


async def test_a_link_that_goes_leaves_the_screen(pure: Page) -> None:
    away: Message = {"type": "status", "online": False}
    assert await screen(pure, *DESK, away) == "queue"
    assert await screen(pure, *DESK, CALL, away) == "call"
    assert not (await at_desk(pure, ONLINE)).changed


async def test_duty_is_what_the_server_says(pure: Page) -> None:
    on = await at_desk(pure, DUTY)
    assert (on.shown["onDuty"], on.shown["dutyText"], on.state["warm"]) == (True, "duty.on", True)
    off = await at_desk(pure, DUTY, queue(("a", "red")), {"type": "duty", "on": False})
    assert (off.shown["onDuty"], off.state["warm"], off.shown["entries"]) == (False, False, [])


async def test_a_new_session_cools_nothing_until_the_server_has_said_what_there_is(pure: Page) -> None:
    anew = await at_desk(pure, DUTY, welcome("doctor-1"))
    assert (anew.state["onDuty"], anew.state["warm"]) == (False, True)
    assert (await at_desk(pure, DUTY, welcome("doctor-1"), SETTLED)).state["warm"] is False
    assert (await at_desk(pure, DUTY, welcome("doctor-1"), DUTY, SETTLED)).state["warm"] is True
    assert (await at_desk(pure, DUTY, welcome("doctor-1", resumed=True))).state["onDuty"] is True


async def test_who_is_new_in_the_queue_is_news_once(pure: Page) -> None:
    first = await at_desk(pure, DUTY, queue(("a", "green")))
    assert first.state["fresh"] == {"count": 1, "isRed": False}
    same = await at_desk(pure, DUTY, queue(("a", "green")), queue(("a", "orange")))
    assert same.state["fresh"] == {"count": 1, "isRed": False}
    red = await at_desk(pure, DUTY, queue(("a", "green")), queue(("b", "red"), ("a", "green")))
    assert red.state["fresh"] == {"count": 2, "isRed": True}
    again = await at_desk(pure, DUTY, queue(("a", "red")), queue(), queue(("a", "red")))
    assert again.state["fresh"] == {"count": 1, "isRed": True}


async def test_a_case_that_turns_very_urgent_while_it_waits_is_news_once(pure: Page) -> None:
    turned = [DUTY, queue(("a", "green")), queue(("a", "red"), ("b", "green"))]
    assert (await at_desk(pure, *turned)).state["fresh"] == {"count": 2, "isRed": True}
    again = await at_desk(pure, *turned, queue(("c", "green"), ("a", "red")))
    assert again.state["fresh"] == {"count": 2, "isRed": False}


async def test_a_patient_is_taken_once_until_something_comes_back(pure: Page) -> None:
    taken: Message = {"type": "accepting", "seq": 4}
    assert (await at_desk(pure, DUTY, taken)).shown["canAccept"] is False
    for answer in (CALL, {"type": "refused", "ref": 4}, welcome("doctor-1")):
        assert (await at_desk(pure, DUTY, taken, answer)).shown["canAccept"], answer
    for other in ({"type": "refused", "ref": 3}, welcome("doctor-1", resumed=True)):
        assert (await at_desk(pure, DUTY, taken, other)).shown["canAccept"] is False, other


async def test_a_consultation_of_others_is_no_call(pure: Page) -> None:
    others = consultation("in_call", person("station-1"), person("doctor-2", "clinician"))
    assert await screen(pure, *DESK, others) == "queue"
    assert (await at_desk(pure, others)).state["ended"] is None


ENDS: list[tuple[list[Message], str]] = [
    ([consultation("closed")], "ended.title"),
    ([consultation("closed", discreet=True)], "ended.discreet"),
    (
        [{"type": "consent_withdrawn", "consultation_id": "case-1"}, consultation("closed")],
        "consent.withdrawn",
    ),
    ([{"type": "consent_withdrawn", "consultation_id": "case-0"}, consultation("closed")], "ended.title"),
    ([consultation("offered", person("station-1"))], "left.title"),
    # Who ends a survivor-safe one is not told that the other side did.
    ([{"type": "ending", "id": "case-1"}, consultation("closed", discreet=True)], "ended.title"),
]


@pytest.mark.parametrize(("messages", "key"), ENDS)
async def test_the_end_of_a_call_is_said_in_its_words(pure: Page, messages: list[Message], key: str) -> None:
    ended = await at_desk(pure, DUTY, CALL, *messages)
    assert (ended.shown["screen"], ended.state["ended"]) == ("queue", {"key": key})
    assert ended.state["warm"] is True
    assert (await at_desk(pure, CALL, *messages)).state["warm"] is False  # nothing is warm for nobody


async def test_an_old_consultations_last_word_changes_nothing_that_is_shown(pure: Page) -> None:
    before = await at_desk(pure, CALL)
    assert (await at_desk(pure, CALL, consultation("closed", case="case-0"))).shown == before.shown


async def test_a_group_is_a_call_that_one_leads(pure: Page) -> None:
    led: Message = {"type": "led", "call": CALL}
    group = await at_desk(pure, led)
    assert (group.shown["screen"], group.state["leads"], group.state["warm"]) == ("call", True, True)
    over = await at_desk(pure, led, {"type": "led", "call": None})
    assert (over.shown["screen"], over.state["leads"], over.state["warm"]) == ("queue", False, False)
    assert over.state["ended"] is None
    assert (await at_desk(pure, DUTY, led, {"type": "led", "call": None})).state["warm"] is True


async def test_who_signs_out_leaves_nothing_of_a_patient(pure: Page) -> None:
    out = await at_desk(pure, DUTY, queue(("a", "red")), CALL, {"type": "forgotten"})
    kept: dict[str, Any] = {"name": "", "entries": [], "consultation": None, "onDuty": False, "warm": False}
    assert {name: out.state[name] for name in kept} == kept
    assert out.shown["screen"] == "sign-in"
    assert await screen(pure, *DESK, {"type": "signed_out"}) == "sign-in"


async def test_messages_of_other_parts_change_nothing(pure: Page) -> None:
    for kind in ("pong", "rungs", "link", "slots", "leg_state", "mediation", "group", "error"):
        assert not (await at_desk(pure, {"type": kind})).changed, kind


async def test_whoever_hands_a_patient_over_reads_to_whom(pure: Page) -> None:
    handing: Message = {"type": "handing", "handing": {"id": "case-1", "to": "Dr Keïta"}}
    out = consultation("offered", person("station-1"))
    handed = await told(pure, "clinician", *DESK, consultation("in_call"), handing, out)
    assert handed.state["ended"] == {"key": "handed.title", "values": {"to": "Dr Keïta"}}
    assert handed.state["handing"] is None
    # What could not be handed over was left, if it was.
    kept: Message = {"type": "handing", "handing": None}
    left = await told(pure, "clinician", *DESK, consultation("in_call"), handing, kept, out)
    assert left.state["ended"] == {"key": "left.title"}
