"""What the frame of the office knows and shows: who is signed in, and which section is open."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.web.states import Message, Told, told

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


def entered(role: str, section: str) -> Message:
    me = {"participant_id": "p-1", "name": "Awa Coulibaly", "role": role, "site": "Bamako"}
    return {"type": "entered", "me": me, "section": section}


def ids(page: Told) -> list[str]:
    return [tab["id"] for tab in page.shown["tabs"]]


async def office(pure: Page, *messages: Message) -> Told:
    return await told(pure, "office", *messages)


async def test_nobody_is_asked_to_sign_in_before_it_is_known_that_nobody_is(pure: Page) -> None:
    assert (await office(pure)).shown["screen"] == "loading"
    assert (await office(pure, {"type": "begun"})).shown["screen"] == "sign-in"


@pytest.mark.parametrize(
    ("role", "sections"),
    [
        ("coordinator", ["stations", "sites", "waiting", "roster", "reports", "own"]),
        ("administrator", ["stations", "accounts", "own"]),
        ("auditor", ["audit", "own"]),
        ("records_officer", ["own"]),
    ],
)
async def test_everybody_sees_the_sections_of_their_role(pure: Page, role: str, sections: list[str]) -> None:
    page = await office(pure, entered(role, sections[0]))
    assert (page.shown["screen"], page.shown["name"], ids(page)) == (
        "desk",
        "Awa Coulibaly · Bamako",
        sections,
    )
    assert [tab["isOpen"] for tab in page.shown["tabs"]] == [True] + [False] * (len(sections) - 1)
    assert page.shown["showsAlarms"] is (role == "coordinator")


async def test_one_section_is_open_and_the_same_again_is_filled_anew(pure: Page) -> None:
    opened: Message = {"type": "opened", "section": "own"}
    page = await office(pure, entered("auditor", "audit"), opened)
    assert [tab["isOpen"] for tab in page.shown["tabs"]] == [False, True]
    again = await office(pure, entered("auditor", "audit"), opened, opened)
    assert again.state["opened"] == page.state["opened"] + 1


async def test_who_leaves_leaves_nothing(pure: Page) -> None:
    page = await office(pure, entered("auditor", "audit"), {"type": "left"})
    assert (page.shown["screen"], page.shown["name"], ids(page)) == ("sign-in", "", [])
    assert not (await office(pure, {"type": "opened", "section": "own"})).changed
