"""Every view where more than two are together, that of a survivor, and that of a server that is away."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from benchmarks.lab.systems import people
from tests.support.server import Server, running_server
from tests.web.walk.looking import LONG, Walk, panel_closed, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


# The words of other languages come from the server.
AWAY = ("fr",)


async def at_work(server: Server, station: Page, doctor: Page) -> None:
    """A station that is enrolled, a doctor who is on duty."""
    code = await server.services.stations.new_code(site=LONG, name=LONG)
    await people.enrol(station, server.url, code.code)
    await doctor.goto(f"{server.url}/clinician")
    await signed_in(doctor, "docteur", "queue")
    await people.act(doctor, "duty")


async def both_in_call(server: Server, station: Page, doctor: Page) -> None:
    await at_work(server, station, doctor)
    await people.request(station, urgency="orange")
    await people.accept(doctor)
    await people.view(station, "call")


async def test_a_group(server: Server, faces: list[Page]) -> None:
    walk = Walk()
    station, doctor, _ = faces
    await at_work(server, station, doctor)
    await people.act(doctor, "group")
    await walk.look(doctor, "host: nobody yet")
    await people.act(station, "group")
    await station.fill("[name=group_code]", "ZZZZZZ")
    await station.press("[name=pseudonym]", "Enter")
    await expect(station.locator("form[data-form=group] [role=alert]")).not_to_be_empty()
    await walk.look(station, "group: a wrong code")
    await station.fill("[name=group_code]", (await doctor.locator(".group-code").text_content()) or "")
    await station.fill("[name=pseudonym]", "W" * 20)
    await station.press("[name=pseudonym]", "Enter")
    await expect(station.locator("form[data-form=consent]")).to_be_visible()
    await walk.look(station, "group: consent")
    await people.agree(station)
    await expect(station.locator("[data-lobby]")).to_be_visible()
    await expect(station.locator(":focus")).to_have_count(1)
    await walk.look(station, "group: lobby")
    seat = doctor.locator("[data-seat]")
    await expect(seat).to_have_count(1)
    await walk.look(doctor, "host: somebody waits")
    await seat.locator("button.button:not(.quiet)").click()
    await people.view(station, "call")
    await expect(doctor.locator(".tile")).to_have_count(1)
    await asyncio.gather(walk.look(station, "group: call"), walk.look(doctor, "host: call"))
    await panel_closed(doctor)
    await people.act(doctor, "end")
    await walk.look(doctor, "host: end?")
    await people.act(doctor, "confirm")
    await people.view(doctor, "queue")
    await people.view(station, "home")
    await walk.look(station, "group: over")
    walk.end()


async def test_a_mediator(server: Server, faces: list[Page]) -> None:
    walk = Walk()
    station, doctor, mediator = faces
    await mediator.goto(f"{server.url}/mediator")
    await signed_in(mediator, "oumou", "desk")
    await people.act(mediator, "duty")
    await expect(mediator.locator("[data-action=duty][aria-checked=true]")).to_be_visible()
    await both_in_call(server, station, doctor)
    await people.act(station, "mediators")
    await station.locator("[data-mediator] button").click()
    await expect(station.locator("form[data-form=consent]")).to_be_visible()
    await walk.look(station, "station: a third person?")
    await people.agree(station)
    card = mediator.locator("[data-invitation]")
    await card.locator("button.button:not(.quiet)").click()
    await people.view(mediator, "call")
    three = {"mediator": mediator, "station": station, "doctor": doctor}
    for page in three.values():
        await expect(page.locator("[data-presence] li")).to_have_count(3)
    await asyncio.gather(*(walk.look(page, f"{name}: three in a call") for name, page in three.items()))
    await people.act(mediator, "end")
    await walk.look(mediator, "mediator: leave?")
    await people.act(mediator, "confirm")
    await people.view(mediator, "desk")
    report = mediator.locator("form[data-form=report]")
    await report.locator("button").click()
    await expect(report.locator("[role=alert]")).not_to_be_empty()
    await walk.look(mediator, "mediator: record")
    walk.end()


async def test_a_survivor(server: Server, faces: list[Page]) -> None:
    walk = Walk()
    station, doctor, _ = faces
    await at_work(server, station, doctor)
    await people.act(station, "case")
    form = station.locator("form[data-form=case]")
    await form.locator("[name=survivor_safe]").check()
    await form.locator("[name=patient_ref]").fill("Awa 12")
    await people.act(station, "submit-case")
    await expect(form.locator("#case-ref-error")).not_to_be_empty()
    await walk.look(station, "survivor: form")
    await form.locator("[name=patient_ref]").fill("Hirondelle")
    await people.act(station, "submit-case")
    await people.agree(station)
    await people.view(station, "waiting")
    await asyncio.gather(
        walk.look(station, "survivor: waiting"), walk.look(doctor, "doctor: a survivor waits")
    )
    await people.accept(doctor)
    await people.view(station, "call")
    await walk.look(station, "survivor: call")
    await people.act(station, "withdraw")
    await expect(station.locator("dialog[open]")).to_be_visible()
    await walk.look(station, "survivor: takes the agreement back?")
    walk.end()


async def test_a_server_that_is_away(tmp_path: Path, faces: list[Page]) -> None:
    walk = Walk()
    station, doctor, _ = faces
    async with running_server(tmp_path) as server:
        await server.new_doctor("docteur")
        await at_work(server, station, doctor)
    for name, page in (("station", station), ("doctor", doctor)):
        await expect(page.locator("[data-overlay=away]")).to_be_visible()
        await walk.look(page, f"{name}: the server is away", AWAY)
        await expect(page.locator(":focus")).to_have_count(1)
    walk.end()


async def test_a_server_that_goes_away_in_mid_call(tmp_path: Path, faces: list[Page]) -> None:
    walk = Walk()
    station, doctor, _ = faces
    async with running_server(tmp_path) as server:
        await server.new_doctor("docteur")
        await both_in_call(server, station, doctor)
    for name, page in (("station", station), ("doctor", doctor)):
        # The call is not covered: it says so in its own words.
        await expect(page.get_by_role("status").filter(has_text="Reconnexion")).to_be_visible()
        await walk.look(page, f"{name}: the server is away in a call", AWAY)
    walk.end()
