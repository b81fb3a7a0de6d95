"""What a station's page knows: each message, by what it changes in what is shown."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.web.states import Message, Told, consultation, person, told, welcome

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

OPEN: list[Message] = [
    {"type": "ticket", "name": "Kayes · Poste 1"}, {"type": "spoken"}, welcome("station-1"),
    {"type": "status", "online": True},
]  # fmt: skip
HOME: list[Message] = [*OPEN, {"type": "settled"}]
WAITING = consultation("offered", person("station-1"))
CALL = consultation("in_call")
SAFE: Message = {"discreet": True}
LEFT: Message = {"type": "left"}


async def at_home(pure: Page, *messages: Message) -> Told:
    return await told(pure, "station", *HOME, *messages)


async def screen(pure: Page, *messages: Message) -> str:
    return str((await told(pure, "station", *messages)).shown["screen"])


async def test_nothing_is_shown_before_the_server_has_said_who_this_is_and_what_it_knows(
    pure: Page,
) -> None:
    assert await screen(pure) == "loading"
    assert await screen(pure, *OPEN[:1]) == "loading"
    assert await screen(pure, *OPEN) == "loading"
    assert await screen(pure, *HOME) == "home"
    assert await screen(pure, *HOME[:1], *HOME[2:]) == "loading"  # the words are not here yet


async def test_a_page_reloaded_in_a_call_never_shows_its_home(pure: Page) -> None:
    assert await screen(pure, *OPEN, CALL) == "call"
    assert await screen(pure, *OPEN, WAITING) == "waiting"


async def test_a_device_that_is_no_station_is_asked_for_its_code(pure: Page) -> None:
    assert await screen(pure, {"type": "spoken"}, {"type": "signed_out"}) == "enrol"
    assert await screen(pure, *HOME, {"type": "signed_out"}) == "enrol"


async def test_a_link_that_goes_leaves_the_screen(pure: Page) -> None:
    assert await screen(pure, *HOME, {"type": "status", "online": False}) == "home"
    assert not (await at_home(pure, {"type": "status", "online": True})).changed


@pytest.mark.parametrize("state", ["requested", "offered"])
async def test_a_consultation_nobody_has_taken_is_waited_for(pure: Page, state: str) -> None:
    assert await screen(pure, *HOME, consultation(state)) == "waiting"


@pytest.mark.parametrize("state", ["accepted", "in_call", "interrupted"])
async def test_a_consultation_somebody_has_taken_is_a_call(pure: Page, state: str) -> None:
    assert await screen(pure, *HOME, consultation(state)) == "call"


async def test_a_request_is_sent_once_until_something_comes_back(pure: Page) -> None:
    asked: Message = {"type": "requested", "seq": 7}
    assert (await at_home(pure, asked)).shown["canRequest"] is False
    for answer in (WAITING, {"type": "refused", "ref": 7}, {"type": "group"}, welcome("station-1")):
        assert (await at_home(pure, asked, answer)).shown["canRequest"], answer
    for other in ({"type": "refused", "ref": 6}, welcome("station-1", resumed=True)):
        assert (await at_home(pure, asked, other)).shown["canRequest"] is False, other


async def test_what_was_asked_before_the_first_welcome_is_on_its_way(pure: Page) -> None:
    early = await told(pure, "station", {"type": "requested", "seq": 1}, *OPEN)
    assert early.state["requestSeq"] == 1


async def test_after_a_call_comes_a_word_of_thanks_and_after_a_request_taken_back_the_home(
    pure: Page,
) -> None:
    assert await screen(pure, *HOME, CALL, consultation("closed")) == "ended"
    assert await screen(pure, *HOME, CALL, consultation("closed"), {"type": "home"}) == "home"
    assert await screen(pure, *HOME, WAITING, consultation("cancelled")) == "home"


async def test_an_old_consultations_last_word_changes_nothing_that_is_shown(pure: Page) -> None:
    before = await at_home(pure, CALL)
    after = await at_home(pure, CALL, consultation("closed", case="case-0"))
    assert after.shown == before.shown


async def test_a_server_that_holds_no_consultation_ends_it_without_thanks(pure: Page) -> None:
    assert await screen(pure, *HOME, CALL, {"type": "settled"}) == "home"


async def test_the_patient_is_asked_by_itself_once_for_each_case(pure: Page) -> None:
    asked = await at_home(pure, WAITING)
    assert asked.state["askedId"] == "case-1"
    assert asked.shown["canAgree"]
    assert not asked.shown["canWithdraw"]
    agreed = await at_home(pure, WAITING, {"type": "agreed", "caseId": "case-1"})
    assert not agreed.shown["canAgree"]
    assert agreed.shown["canWithdraw"]
    again = await at_home(pure, WAITING, consultation("offered", case="case-2"))
    assert again.state["askedId"] == "case-2"


async def test_a_patient_who_agreed_before_the_request_is_not_asked_again(pure: Page) -> None:
    told_ = await at_home(pure, {"type": "requested", "seq": 3, "caseId": "case-1"}, WAITING)
    assert told_.state["askedId"] == ""
    assert told_.shown["canWithdraw"]


async def test_nobody_is_asked_in_a_call(pure: Page) -> None:
    assert (await at_home(pure, CALL)).state["askedId"] == ""


async def test_what_is_open_beside_gives_way_to_a_consultation(pure: Page) -> None:
    for beside in ("case", "records"):
        opened: Message = {"type": "opened", "beside": beside}
        assert await screen(pure, *HOME, opened) == beside
        assert await screen(pure, *HOME, opened, LEFT) == "home"
        waits = await at_home(pure, opened, WAITING)
        assert (waits.shown["screen"], waits.shown["isBeside"]) == ("waiting", False)


async def test_the_summary_of_the_last_case_takes_the_place_of_the_thanks(pure: Page) -> None:
    read = await at_home(pure, CALL, consultation("closed"), {"type": "opened", "beside": "records"})
    assert read.shown["screen"] == "records"
    assert read.state["lastCaseId"] == "case-1"
    assert read.state["ended"] is False


async def test_the_way_out_is_there_while_there_is_something_to_run_from(pure: Page) -> None:
    safe = consultation("in_call", **SAFE)
    assert (await at_home(pure)).state["exit"] is None
    assert (await at_home(pure, safe)).state["exit"] == {"caseId": "case-1"}
    assert (await at_home(pure, CALL)).state["exit"] is None
    # It stays over what is left on the screen, and goes with it.
    ended = [safe, consultation("closed", **SAFE)]
    assert (await at_home(pure, *ended)).state["exit"] == {"caseId": "case-1"}
    assert (await at_home(pure, *ended, {"type": "home"})).state["exit"] is None


async def test_the_way_out_of_a_form_stays_until_the_form_is_left_and_ends_the_case_that_is_asked_for(
    pure: Page,
) -> None:
    form: list[Message] = [{"type": "opened", "beside": "case"}, {"type": "discreet", "on": True}]
    assert (await at_home(pure, *form)).state["exit"] == {"caseId": ""}
    assert (await at_home(pure, *form, {"type": "discreet", "on": False})).state["exit"] is None
    assert (await at_home(pure, *form, LEFT)).state["exit"] is None
    asked: Message = {"type": "requested", "seq": 3, "caseId": "case-9"}
    waits = await at_home(pure, *form, asked, LEFT)
    assert waits.state["exit"] == {"caseId": "case-9"}
    assert (await at_home(pure, *form, asked, LEFT, {"type": "refused", "ref": 3})).state["exit"] is None
    # Where there was none, none comes.
    assert (await at_home(pure, asked)).state["exit"] is None


async def test_a_seat_waits_in_the_lobby_is_let_in_and_sent_out(pure: Page) -> None:
    group = consultation("in_call", person("host", "clinician"), person("seat-1"), case="seat-1")
    lobby: Message = {"type": "seat", "seatId": "seat-1", "call": None}
    admitted: Message = {"type": "seat", "seatId": "seat-1", "call": group}
    waits = await at_home(pure, lobby)
    assert (waits.shown["screen"], waits.state["seated"]) == ("case", False)
    sits = await at_home(pure, lobby, admitted)
    assert (sits.shown["screen"], sits.state["seated"], sits.shown["isBeside"]) == ("call", True, False)
    assert sits.shown["selfId"] == "seat-1"
    out = await at_home(pure, lobby, admitted, {"type": "seat", "seatId": "", "call": None})
    assert (out.shown["screen"], out.state["seated"], out.shown["selfId"]) == ("home", False, "station-1")


async def test_a_request_that_was_refused_is_known_by_its_number(pure: Page) -> None:
    asked: Message = {"type": "requested", "seq": 7}
    assert (await at_home(pure, asked, {"type": "refused", "ref": 7})).state["refusedSeq"] == 7
    assert (await at_home(pure, asked, {"type": "refused", "ref": 6})).state["refusedSeq"] == 0


async def test_whoever_was_muted_by_the_host_is_known_to_be(pure: Page) -> None:
    group = consultation("in_call", person("host", "clinician"), person("seat-1"), case="seat-1")
    seat: Message = {"type": "seat", "seatId": "seat-1", "call": group}
    silent = await at_home(pure, seat, seat | {"silenced": True})
    assert silent.state["silenced"]
    assert not (await at_home(pure, seat | {"silenced": True}, seat)).state["silenced"]
    out: Message = {"type": "seat", "seatId": "", "call": None}
    assert not (await at_home(pure, seat | {"silenced": True}, out)).state["silenced"]


async def test_a_form_left_alone_is_closed_and_then_the_kiosk_rests(pure: Page) -> None:
    idle: Message = {"type": "idle"}
    opened: Message = {"type": "opened", "beside": "case"}
    link: Message = {"type": "link", "quality": {"level": 3}}
    assert (await at_home(pure, opened, idle)).shown["screen"] == "home"
    assert (await at_home(pure, opened, idle)).shown["canWake"] is False
    rests = await at_home(pure, link, opened, idle, idle)
    assert (rests.shown["canWake"], rests.shown["isAwake"], rests.shown["quality"]) == (True, False, None)
    assert not (await at_home(pure, idle, idle)).changed


@pytest.mark.parametrize("message", [WAITING, CALL])
async def test_a_kiosk_never_rests_while_somebody_waits_or_talks(pure: Page, message: Message) -> None:
    assert not (await at_home(pure, message, {"type": "idle"})).changed
    assert (await at_home(pure, {"type": "idle"}, message)).shown["isAwake"]


async def test_a_touch_wakes_a_station_that_the_server_can_hear(pure: Page) -> None:
    idle: Message = {"type": "idle"}
    touch: Message = {"type": "touched"}
    assert (await at_home(pure, idle, touch)).shown["isAwake"]
    away: Message = {"type": "status", "online": False}
    assert not (await at_home(pure, idle, away, touch)).shown["isAwake"]
    assert not (await at_home(pure, touch)).changed
    assert (await at_home(pure, idle, {"type": "requested", "seq": 2})).shown["isAwake"]


async def test_messages_of_other_parts_change_nothing(pure: Page) -> None:
    for kind in ("pong", "rungs", "slots", "leg_state", "mediation", "consent_withdrawn", "error"):
        assert not (await at_home(pure, {"type": kind})).changed, kind


async def test_a_page_that_has_become_the_leaflet_knows_it(pure: Page) -> None:
    assert (await at_home(pure, {"type": "gone"})).state["gone"]
