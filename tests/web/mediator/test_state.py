"""What a mediator's page knows and shows, message by message."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.web.states import Message, Told, consultation, person, told, welcome

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

ONLINE: Message = {"type": "status", "online": True}
DESK: list[Message] = [{"type": "signed_in"}, {"type": "begun"}, welcome("oumou"), ONLINE]
CALL = consultation(
    "in_call", person("station-1"), person("doctor-1", "clinician"), person("oumou", "mediator")
)
RECORD = {"id": "m-1", "joined_at": 0, "minutes": 4, "language": ""}


def invitation(name: str, asked_by: str = "Dr Traoré") -> Message:
    return {"type": "invitation", "invitation_id": name, "asked_by": asked_by, "expires_in_s": 120}


def mediation(name: str, state: str) -> Message:
    return {"type": "mediation", "invitation_id": name, "state": state, "mediator_id": "oumou"}


async def at_desk(pure: Page, *messages: Message) -> Told:
    return await told(pure, "mediator", *DESK, *messages)


async def screen(pure: Page, *messages: Message) -> str:
    return str((await told(pure, "mediator", *messages)).shown["screen"])


async def test_nobody_is_asked_to_sign_in_before_it_is_known_that_nobody_is(pure: Page) -> None:
    assert await screen(pure) == "loading"
    assert await screen(pure, {"type": "begun"}) == "sign-in"
    assert await screen(pure, {"type": "signed_in"}, {"type": "begun"}) == "loading"
    assert await screen(pure, *DESK) == "desk"
    # Who has just typed a password sees the desk at once.
    assert await screen(pure, {"type": "begun"}, {"type": "signed_in"}) == "desk"
    assert await screen(pure, *DESK, {"type": "signed_out"}) == "sign-in"


async def test_a_page_reloaded_in_a_call_never_shows_the_desk(pure: Page) -> None:
    assert await screen(pure, *DESK[:3], CALL, ONLINE) == "call"


async def test_duty_is_what_the_server_says(pure: Page) -> None:
    off = (await at_desk(pure)).shown
    assert (off["onDuty"], off["dutyText"], off["idleText"]) == (False, "duty.off", "mediator.off")
    on = (await at_desk(pure, {"type": "duty", "on": True})).shown
    assert (on["onDuty"], on["dutyText"], on["idleText"]) == (True, "duty.on", "mediator.ready")


async def test_an_invitation_that_a_new_session_is_not_told_of_waits_no_longer(pure: Page) -> None:
    both = [invitation("a"), invitation("b")]
    anew = await at_desk(pure, *both, welcome("oumou"), invitation("b"))
    assert [one["invitation_id"] for one in anew.shown["invitations"]] == ["b"]
    resumed = await at_desk(pure, *both, welcome("oumou", resumed=True))
    assert len(resumed.shown["invitations"]) == 2


async def test_invitations_stand_in_their_order_until_they_are_answered(pure: Page) -> None:
    asked = [invitation("a"), invitation("b")]
    shown = (await at_desk(pure, *asked)).shown
    assert [one["invitation_id"] for one in shown["invitations"]] == ["a", "b"]
    assert (shown["mark"], shown["idleText"]) == ("! (2) ", "")
    again = (await at_desk(pure, *asked, invitation("a", "Dr Keïta"))).shown["invitations"]
    assert [one["asked_by"] for one in again] == ["Dr Keïta", "Dr Traoré"]
    left = (await at_desk(pure, *asked, {"type": "answered", "id": "a"})).shown
    assert ([one["invitation_id"] for one in left["invitations"]], left["mark"]) == (["b"], "! (1) ")


@pytest.mark.parametrize("state", ["joined", "declined", "expired", "left", "removed"])
async def test_an_invitation_that_has_come_to_an_end_is_gone(pure: Page, state: str) -> None:
    assert (await at_desk(pure, invitation("a"), mediation("a", state))).shown["invitations"] == []
    assert len((await at_desk(pure, invitation("a"), mediation("a", "invited"))).shown["invitations"]) == 1


async def test_what_is_owed_is_asked_for_whenever_it_may_have_changed(pure: Page) -> None:
    looks = (await at_desk(pure)).state["looks"]
    assert looks == 1  # at the sign-in
    for message in (mediation("a", "left"), mediation("a", "removed"), {"type": "reported"}):
        assert (await at_desk(pure, message)).state["looks"] == 2, message
    for message in (mediation("a", "joined"), mediation("a", "expired"), CALL):
        assert (await at_desk(pure, message)).state["looks"] == 1, message
    assert (await at_desk(pure, CALL, consultation("closed"))).state["looks"] == 2


async def test_one_record_is_asked_for_at_a_time(pure: Page) -> None:
    owed: Message = {"type": "owed", "owed": [RECORD, RECORD | {"id": "m-2"}]}
    shown = (await at_desk(pure, owed)).shown
    assert (shown["report"]["id"], shown["idleText"]) == ("m-1", "")
    assert (await at_desk(pure, owed, {"type": "owed", "owed": []})).shown["report"] is None


async def test_a_call_is_a_consultation_that_one_is_in(pure: Page) -> None:
    assert await screen(pure, *DESK, CALL) == "call"
    assert await screen(pure, *DESK, consultation("in_call")) == "desk"
    for end in (consultation("closed"), consultation("in_call"), consultation("cancelled")):
        over = await at_desk(pure, CALL, end)
        assert (over.shown["screen"], over.state["ends"]) == ("desk", 1), end


async def test_each_end_is_said_to_a_mediator_in_its_own_words(pure: Page) -> None:
    going_on = consultation("in_call")
    leaving: Message = {"type": "leaving", "id": "case-1"}
    withdrawn: Message = {"type": "consent_withdrawn", "consultation_id": "case-1"}
    for messages, key in (
        ([leaving, going_on], "mediator.out.left"),
        ([going_on], "mediator.out.removed"),
        ([consultation("closed")], "ended.title"),
        ([leaving, consultation("closed")], "ended.title"),
        ([withdrawn, consultation("closed")], "consent.withdrawn"),
    ):
        assert (await at_desk(pure, CALL, *messages)).state["endKey"] == key, messages


async def test_an_old_consultations_last_word_changes_nothing_that_is_shown(pure: Page) -> None:
    before = await at_desk(pure, CALL)
    after = await at_desk(pure, CALL, consultation("closed", case="case-0"))
    assert (after.shown, after.state["ends"], after.changed) == (before.shown, 0, False)


async def test_a_server_that_holds_no_consultation_ends_the_call(pure: Page) -> None:
    settled = await at_desk(pure, CALL, {"type": "settled"})
    assert (settled.shown["screen"], settled.state["ends"]) == ("desk", 0)


async def test_messages_of_other_parts_change_nothing(pure: Page) -> None:
    for kind in ("pong", "rungs", "link", "slots", "leg_state", "error"):
        assert not (await at_desk(pure, {"type": kind})).changed, kind
    assert not (await at_desk(pure, ONLINE)).changed
