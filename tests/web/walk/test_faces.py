"""Every view of the station, the clinician and the mediator, with names that are too long for any line."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, expect

from benchmarks.lab.systems import people
from tests.support.server import Server
from tests.web.walk.looking import LONG, Walk, panel_closed, signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
]


async def fill_in(station: Page) -> None:
    await people.act(station, "case")
    form = station.locator("form[data-form=case]")
    await form.locator("[name=patient_ref]").fill("W" * 20)
    await form.locator("[name=reason_text]").fill(LONG)
    await form.locator("[name='vital.temperature']").fill("385")
    await form.locator("[name='vital.systolic']").fill("12/8")
    await form.locator("[name='vital.pulse']").fill("0x26")
    await form.locator("[name='vital.glucose']").fill("1,1")
    await form.locator("[name='vital.glucose']").press("Tab")


async def answered(station: Page) -> None:
    form = station.locator("form[data-form=case]")
    for wanted in ("38,5 °C", "120/80 mmHg", "1,1 g/L"):
        await form.locator(".asks button", has_text=wanted).click()
    await form.locator("[name='vital.pulse']").fill("80")
    await people.act(station, "submit-case")


async def test_every_view_of_three_faces(server: Server, faces: list[Page]) -> None:
    walk = Walk()
    station, doctor, mediator = faces
    await _station_alone(walk, station, server)
    await doctor.goto(f"{server.url}/clinician")
    await people.view(doctor, "sign-in")
    await walk.look(doctor, "clinician: sign-in")
    await signed_in(doctor, "docteur", "queue")
    await walk.look(doctor, "clinician: off duty")
    await mediator.goto(f"{server.url}/mediator")
    await people.view(mediator, "sign-in")
    await walk.look(mediator, "mediator: sign-in")
    await signed_in(mediator, "oumou", "desk")
    await people.act(mediator, "duty")
    await walk.look(mediator, "mediator: desk")
    await people.act(doctor, "duty")
    await _waiting(walk, station, doctor)
    await people.accept(doctor)
    await people.view(station, "call")
    await _in_call(walk, station, doctor, mediator)
    await _afterwards(walk, station, doctor, mediator)
    walk.end()


async def _station_alone(walk: Walk, station: Page, server: Server) -> None:
    code = await server.services.stations.new_code(site=LONG, name=LONG)
    await station.goto(f"{server.url}/station")
    await people.view(station, "enrol")
    await walk.look(station, "station: enrol")
    await station.fill("form[data-form=enrol] input[name=code]", code.code)
    await station.press("form[data-form=enrol] input[name=code]", "Enter")
    await people.view(station, "home")
    await walk.look(station, "station: home")
    await fill_in(station)
    await walk.look(station, "station: case")
    await answered(station)
    await expect(station.locator("form[data-form=consent]")).to_be_visible()
    await walk.look(station, "station: consent")
    await station.locator(".consent-head button").click()
    await people.view(station, "home")
    await expect(station.locator(":focus")).to_have_count(1)
    await people.act(station, "records")
    await expect(station.locator(".case-lines li")).to_have_count(1)
    await walk.look(station, "station: records")
    await station.locator(".case-lines li button").click()
    await expect(station.locator("article.sheet")).to_be_visible()
    await walk.look(station, "station: sheet")
    await station.locator(".case-head button").click()
    await fill_in(station)
    await answered(station)
    await expect(station.locator("dialog[open]")).to_be_visible()
    await walk.look(station, "station: already open")
    await station.keyboard.press("Escape")
    await expect(station.locator("dialog[open]")).to_have_count(0)
    await people.act(station, "submit-case")
    await station.locator("dialog[open] .button:not(.quiet)").click()  # go there
    await expect(station.locator("article.sheet")).to_be_visible()
    await station.locator(".case-head button").click()
    await people.act(station, "group")
    await expect(station.locator("form[data-form=group]")).to_be_visible()
    await walk.look(station, "station: group")
    await station.locator(".case-head button").click()


async def _waiting(walk: Walk, station: Page, doctor: Page) -> None:
    await station.fill("textarea[name=reason]", LONG)
    await people.act(station, "request")
    await people.view(station, "waiting")
    await expect(station.locator("form[data-form=consent]")).to_be_visible()
    await walk.look(station, "station: consent while waiting")
    await people.agree(station)
    await expect(station.locator(":focus")).to_have_count(1)
    await walk.look(station, "station: waiting")
    await people.act(station, "cancel")
    await walk.look(station, "station: cancel?")
    await station.keyboard.press("Escape")
    entry = doctor.locator("li[data-consultation]")
    await expect(entry).to_have_count(1)
    await walk.look(doctor, "clinician: queue")
    await entry.locator("[data-action=case]").click()
    await expect(doctor.locator("[data-case-panel] article.sheet")).to_be_visible()
    await walk.look(doctor, "clinician: case before the call")
    await panel_closed(doctor)


async def _in_call(walk: Walk, station: Page, doctor: Page, mediator: Page) -> None:
    async def call_and_quality(name: str, page: Page) -> None:
        await expect(page.locator(".tile")).to_have_count(1)
        await walk.look(page, f"{name}: call")
        await people.act(page, "quality")
        await expect(page.locator("#quality")).to_be_visible()
        await walk.look(page, f"{name}: quality")
        await page.keyboard.press("Escape")

    await asyncio.gather(call_and_quality("station", station), call_and_quality("clinician", doctor))
    await doctor.locator("[data-action=case]:visible").click()
    await expect(doctor.locator("form[data-form=note]")).to_be_visible()
    await walk.look(doctor, "clinician: case in the call")
    await panel_closed(doctor)
    await people.act(station, "referral-consent")
    await expect(station.locator("[data-case-panel] select")).to_be_visible()
    await walk.look(station, "station: referral")
    await panel_closed(station)
    await people.act(station, "mediators")
    await expect(station.locator("[data-mediator]")).to_have_count(1)
    await walk.look(station, "station: mediators")
    await station.locator("[data-mediator] button").click()
    await people.agree(station)  # the patient is asked before anybody hears of it
    card = mediator.locator("[data-invitation]")
    await expect(card).to_be_visible()
    await walk.look(mediator, "mediator: invitation")
    await panel_closed(station)


async def _afterwards(walk: Walk, station: Page, doctor: Page, mediator: Page) -> None:
    await people.act(station, "end")
    await walk.look(station, "station: end?")
    await station.click("[data-action=confirm]")
    await people.view(station, "ended")
    await walk.look(station, "station: ended")
    await people.view(doctor, "queue")
    await expect(doctor.locator("[data-owed]")).to_be_visible()
    await walk.look(doctor, "clinician: an answer is owed")
    await doctor.locator("[data-owed] button").click()
    note = doctor.locator("form[data-form=note]")
    await note.locator("[name=answer]").fill("Repos")
    await note.locator("[data-action=save-note]").click()
    await expect(doctor.locator("[data-owed]")).to_be_hidden()
    await panel_closed(doctor)
    await doctor.locator(".desk-head [data-action=case]").click()
    await expect(doctor.locator("[data-case-panel] .case-lines li")).to_have_count(1)
    await walk.look(doctor, "clinician: my cases")
    await panel_closed(doctor)
