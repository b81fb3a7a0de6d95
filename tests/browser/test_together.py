"""More than two, and nobody else: a mediator, a group and a survivor-safe consultation in real Chromium pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from benchmarks.lab.systems import people
from signaling.messages import Role
from tests.support.browsers import missing_browser
from tests.support.call import Call, two_pages
from tests.support.server import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.call,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]


async def agree(station: Page) -> None:
    form = station.locator("form[data-form=consent]")
    await form.locator("[name=explained_by]").fill("Fatou D.")
    await station.click("[data-answer=check]")
    await expect(form).to_have_count(0)


async def covers(page: Page, one: str, other: str) -> bool:
    """Whether an element lies over another, once that is scrolled to."""
    await page.locator(other).first.scroll_into_view_if_needed()
    boxes = [await page.locator(selector).first.bounding_box() for selector in (one, other)]
    above, below = boxes
    assert above is not None
    assert below is not None
    apart = (
        above["x"] >= below["x"] + below["width"]
        or below["x"] >= above["x"] + above["width"]
        or above["y"] >= below["y"] + below["height"]
        or below["y"] >= above["y"] + above["height"]
    )
    return not apart


async def mediator_page(call: Call) -> Page:
    """A mediator on duty, in another tab of the doctor's browser: neither ends anything of the other."""
    await call.server.new_doctor("oumou", "Oumou Sissoko", Role.MEDIATOR)
    page = await call.clinician.context.new_page()
    call.watch(page)
    await page.goto(f"{call.server.url}/mediator")
    await page.fill("input[name=login]", "oumou")
    await page.fill("input[name=password]", PASSWORD)
    await page.press("input[name=password]", "Enter")
    await people.view(page, "desk")
    await people.act(page, "duty")
    await expect(page.locator("[data-action=duty][aria-checked=true]")).to_be_visible()
    return page


async def test_a_mediator_comes_is_seen_by_all_goes_and_leaves_a_record(tmp_path: Path) -> None:
    async with async_playwright() as playwright, two_pages(tmp_path, playwright) as call:
        station, doctor = call.pages
        await people.request(station, urgency="orange")
        await people.accept(doctor)
        await people.view(station, "call")
        mediator = await mediator_page(call)
        assert await people.view(doctor, "call") == "call"
        await people.act(station, "mediators")
        await station.locator("[data-mediator] button").click()
        await agree(station)  # before anybody hears of it
        card = mediator.locator("[data-invitation]")
        await expect(card.locator(".pledge li")).to_have_count(4)
        await card.locator("button.button:not(.quiet)").click()
        await people.view(mediator, "call")
        for page in (station, doctor, mediator):
            await expect(page.locator("[data-presence] li")).to_have_count(3)
            await expect(page.locator("[data-presence]")).to_contain_text("Oumou Sissoko")
        await call.hears_and_sees(mediator)
        # By the patient's wish, from the kiosk.
        await station.locator("[data-case-panel] .button.danger").click()
        await people.view(mediator, "desk")
        report = mediator.locator("form[data-form=report]")
        await report.locator("[value=transport]").check()
        # A hurried request has no language: it is asked for, and never guessed.
        await report.locator("button").click()
        await expect(report.locator("[role=alert]")).not_to_be_empty()
        await report.locator("[name=language]").select_option("ff")
        await report.locator("button").click()
        await expect(report).to_have_count(0)
        await expect(doctor.locator("[data-presence]")).to_be_hidden()


async def test_a_group_by_a_code_with_cameras_off_and_a_host_who_sends_out(tmp_path: Path) -> None:
    async with async_playwright() as playwright, two_pages(tmp_path, playwright) as call:
        station, doctor = call.pages
        await people.act(doctor, "group")
        code = (await doctor.locator(".group-code").text_content()) or ""
        await people.act(station, "group")
        await station.fill("[name=group_code]", code.lower())
        await station.fill("[name=pseudonym]", "Baobab")
        await station.press("[name=pseudonym]", "Enter")
        await agree(station)
        await expect(station.locator("[data-lobby]")).to_be_visible()
        seat = doctor.locator("[data-seat]")
        await expect(seat).to_contain_text("Baobab")
        await seat.locator("button.button:not(.quiet)").click()
        await people.view(station, "call")
        await expect(doctor.locator(".tile-name")).to_have_text("Baobab")
        heard = await call.until(doctor, "a voice", lambda facts: facts["audio"])
        assert heard["video"] is None
        # Seven others would be heard: their places are in the offer of both pages, and that of a second picture.
        sections = "() => window.__legs.at(-1).getTransceivers().length"
        assert [await page.evaluate(sections) for page in call.pages] == [17, 17]
        assert "Poste" not in ((await doctor.text_content("body")) or "")
        await seat.locator("button.quiet").click()
        await expect(station.locator("[data-action=mute].pressed")).to_be_visible()
        await seat.locator("button.danger").click()
        await people.view(station, "home")
        await expect(station.locator("[data-action=request]")).to_be_enabled()
        await people.act(doctor, "end")
        await people.act(doctor, "confirm")
        await people.view(doctor, "queue")


async def test_the_way_out_leaves_a_poster_and_nothing_to_go_back_to(tmp_path: Path) -> None:
    async with async_playwright() as playwright, two_pages(tmp_path, playwright) as call:
        station, doctor = call.pages
        await people.act(station, "case")
        form = station.locator("form[data-form=case]")
        await form.locator("[name=survivor_safe]").check()
        await expect(station.locator("[data-quick-exit]")).to_be_visible()
        # What is wrong with an alias stands at its field.
        await form.locator("[name=patient_ref]").fill("Awa 12")
        await people.act(station, "submit-case")
        await expect(form.locator("#case-ref-error")).not_to_be_empty()
        await expect(form.locator("[name=patient_ref]")).to_be_focused()
        await form.locator("[name=patient_ref]").fill("Hirondelle")
        await expect(form.locator("#case-ref-error")).to_be_empty()
        await form.locator("[name=reason_text]").fill("ne veut pas rentrer")
        await people.act(station, "submit-case")
        await agree(station)
        await people.view(station, "waiting")
        await expect(station.locator("[data-quick-exit]")).to_be_visible()
        for words in (".ring", "[data-waited]", "[data-link-waiting]", ".waiting [data-action=cancel]"):
            assert not await covers(station, "[data-quick-exit]", words), words
        await expect(doctor.locator("[data-queue]")).not_to_contain_text("rentrer")
        await people.accept(doctor)
        await people.view(station, "call")
        for page in call.pages:
            await expect(page.locator("[data-presence] li")).to_have_count(2)
        await call.until(station, "a voice", lambda facts: facts["audio"])
        await doctor.locator(".case-buttons [data-action=case]").click()
        await expect(doctor.locator("[data-case-panel]")).to_contain_text("Hirondelle")
        async with station.expect_event("load"):
            await station.keyboard.press("Escape")
        assert station.url.endswith("/conseils#fr")
        await people.view(doctor, "queue")
        # No alias stands over the next patient's button.
        await expect(doctor.locator("[data-case-panel]")).to_have_count(0)
        await expect(doctor.locator("[data-notice]")).to_contain_text("La personne a terminé")
        await expect(station).to_have_title("Se laver les mains")
        assert "nɛya" not in ((await station.text_content("body")) or "")
        kept = await station.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
        assert [key for key in kept if key != "keneya.language"] == []
        await station.go_back()
        assert "/station" not in station.url
        await people.open_station(station, call.server.url)  # the kiosk is still a kiosk, and at home


async def test_a_survivor_who_comes_back_has_the_way_out_from_the_first_screen_on(tmp_path: Path) -> None:
    async with async_playwright() as playwright, two_pages(tmp_path, playwright) as call:
        station, doctor = call.pages
        await people.act(station, "case")
        form = station.locator("form[data-form=case]")
        await expect(form.locator("input[type=file]")).to_have_count(1)
        await form.locator("[name=survivor_safe]").check()
        await expect(form.locator("input[type=file]")).to_be_hidden()  # no picture of a survivor
        await form.locator("[name=patient_ref]").fill("Hirondelle")
        await people.act(station, "submit-case")
        await agree(station)
        await people.view(station, "waiting")
        await people.accept(doctor)
        await people.view(station, "call")
        await people.act(doctor, "end")
        await people.act(doctor, "confirm")
        await people.view(station, "ended")
        await people.act(station, "home")
        await expect(station.locator("[data-quick-exit]")).to_have_count(0)
        # Found again by the alias: the sheet, and the form that follows it up, are as safe as the call was.
        await people.act(station, "records")
        await station.fill("[name=patient_ref]", "Hirondelle")
        await station.press("[name=patient_ref]", "Enter")
        await station.locator("[data-case] button").click()
        await expect(station.locator("[data-quick-exit]")).to_be_visible()
        await station.locator("button", has_text="Nouvelle consultation").click()
        await expect(form.locator("[name=survivor_safe]")).to_be_checked()
        await form.locator("[name=survivor_safe]").click()
        await expect(form.locator("[name=survivor_safe]")).to_be_checked()
        await expect(station.locator("[data-quick-exit]")).to_be_visible()
        async with station.expect_event("load"):
            await station.keyboard.press("Escape")
        assert station.url.endswith("/conseils#fr")
