"""A case in two real Chromium pages: filled in, agreed to, read, answered, referred, printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from benchmarks.lab.systems import people
from server.calls.handlers import CONSULTATIONS
from tests.support.browsers import missing_browser
from tests.support.call import two_pages

pytestmark = [
    pytest.mark.browser,
    pytest.mark.call,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]

PHOTO = Path(__file__).resolve().parents[2] / "docs" / "images" / "station-call.png"


async def fill_in(station: Page) -> None:
    await people.act(station, "case")
    form = station.locator("form[data-form=case]")
    await form.locator("[name=patient_ref]").fill("2025/0412")
    await form.locator("[name=age_band]").select_option("adult")
    await form.locator("[name=sex]").select_option("female")
    await form.locator("[name=reason_code]").select_option("postpartum_bleeding")
    await form.locator("[name=reason_text]").fill("<b>saigne</b>")
    temperature = form.locator("[name='vital.temperature']")
    await temperature.fill("372")  # the point was forgotten
    await temperature.press("Tab")
    await people.act(station, "submit-case")
    await expect(form.locator(":scope > p[role=alert]")).not_to_be_empty()
    await temperature.fill("37,2")
    await form.locator("[name=red_flags][value=vaginal_bleeding]").check()
    await form.locator("[name='vital.pulse']").fill("170")
    await form.locator("[name='vital.pulse']").press("Tab")
    # A danger sign is there: nothing unusual holds the case up, and the colour that stands ticked is the case's.
    await expect(form.locator("[name=case_urgency][value=red]")).to_be_checked()
    await expect(form.locator("[name=sure]")).not_to_be_checked()
    await form.locator("input[type=file]").set_input_files(PHOTO)
    await expect(form.locator("li", has_text="Photo 1")).to_be_visible()
    await people.act(station, "submit-case")


async def agree(station: Page) -> None:
    form = station.locator("form[data-form=consent]")
    await form.locator("[name=explained_by]").fill("Fatou D.")
    await station.click("[data-answer=check]")
    await expect(form).to_have_count(0)


async def test_a_case_from_the_form_to_the_printed_sheet(tmp_path: Path) -> None:
    async with async_playwright() as playwright, two_pages(tmp_path, playwright) as call:
        station, doctor = call.pages
        await fill_in(station)
        await agree(station)
        await people.view(station, "waiting")
        await expect(station.locator("[data-photo-text]")).to_contain_text("arrivée")

        # The queue shows the colour that the danger sign gave, and no word of the patient.
        entry = doctor.locator("li[data-consultation]")
        await expect(entry.locator(".case-urgency")).to_have_text("Très urgent")
        assert "saigne" not in await entry.inner_text()
        await entry.locator("[data-action=case]").click()
        panel = doctor.locator("[data-case-panel]")
        await expect(panel).to_contain_text("<b>saigne</b>")
        await expect(panel.locator("[data-wishes]")).to_contain_text("ICD-11")
        await expect(panel.locator("img")).to_have_js_property("complete", True)
        assert await panel.locator("img").evaluate("image => image.naturalWidth") >= 640
        await panel.locator(".case-head button").click()

        await people.accept(doctor)
        await people.view(station, "call")
        await doctor.locator("[data-action=case]:visible").click()
        note = panel.locator("form[data-form=note]")
        await note.locator("[name=answer]").fill("Hémorragie, stable")
        await note.locator("[name=advice]").fill("Masser, évacuer si cela reprend")
        await note.locator("[name=note]").fill("entre nous")
        await note.locator("[data-action=save-note]").click()
        await expect(doctor.locator("[data-notice]")).to_contain_text("Enregistré")

        # No referral without the patient's yes for this recipient, asked at the station in mid-call.
        referral = panel.locator("form[data-form=referral]")
        await referral.locator("[name=recipient]").select_option("ramed")
        await referral.locator("[name=letter]").fill("Indigente")
        await referral.locator("button").click()
        await expect(referral.locator("[role=alert]")).not_to_be_empty()
        await people.act(station, "referral-consent")
        panel_of_station = station.locator("[data-case-panel]")
        for recipient, name in (("psychology", "Psychologie"), ("ramed", "RAMED")):
            await panel_of_station.locator("[name=recipient]").select_option(recipient)
            await panel_of_station.locator("> .button").click()
            # What is read to the patient names who receives the letter; a code is nobody.
            await expect(station.locator("form[data-form=consent]")).to_be_visible()
            await station.check("input[name=consent_language][value=fr]", force=True)
            await expect(station.locator(".consent-words li").first).to_contain_text(name)
            await agree(station)
            await expect(panel_of_station).to_have_count(0)
            await people.act(station, "referral-consent")
        # One of the two is taken back again, in mid-call, and only that one.
        await panel_of_station.locator("[data-recipient=psychology]").click()
        await people.act(station, "confirm")
        await expect(panel_of_station.locator("[data-recipient]")).to_have_count(1)
        await panel_of_station.locator(".case-head button").click()
        await referral.locator("button").click()
        await expect(doctor.locator("[data-notice]")).to_contain_text("Orientation enregistrée")
        await panel.locator(".case-head button").first.click()

        await people.act(doctor, "end")
        await people.act(doctor, "confirm")
        await people.view(station, "ended")
        await people.act(station, "summary")
        sheet = station.locator(".sheet")
        for words in ("Hémorragie, stable", "Masser, évacuer", "RAMED", "Indigente", "2025/0412"):
            await expect(sheet).to_contain_text(words)
        assert "entre nous" not in await station.locator("body").inner_text()
        await station.locator("[name=sheet_language]").select_option("bm")
        await expect(sheet).to_contain_text("Dɔgɔtɔrɔ ka jaabi")
        await station.emulate_media(media="print")
        await expect(station.locator("header.bar")).to_be_hidden()
        await expect(sheet).to_be_visible()
        await station.emulate_media(media="screen")
        await station.locator("[name=outcome]").select_option("better")
        await station.locator("form button", has_text="Le dire au soignant").click()
        await expect(station.locator("p[role=status]", has_text="Merci")).to_be_visible()
        # The patient's own copy, after the warning.
        async with station.expect_download() as saved:
            await station.locator("[data-copy] button").first.click()
            await people.act(station, "confirm")
        assert (await (await saved.value).path()).read_bytes().startswith(b"%PDF")
        await doctor.click(".desk-head [data-action=case]")
        await expect(panel.locator("li.news")).to_contain_text("Va mieux")
        await panel.locator("li.news button").click()
        await expect(panel.locator("[data-outcomes]")).to_contain_text("Va mieux")

        # Left alone, nothing of a patient stays on the screen.
        await station.locator(".case-head button").first.click()
        await people.view(station, "home")
        assert "0412" not in await station.locator("body").inner_text()


async def test_a_hurried_request_asks_by_itself_and_nobody_takes_it_before_the_yes(tmp_path: Path) -> None:
    async with async_playwright() as playwright, two_pages(tmp_path, playwright) as call:
        station, doctor = call.pages
        await station.check("input[name=urgency][value=red]", force=True)
        await people.act(station, "request")
        await expect(station.locator("[data-form=consent]")).to_be_visible()  # no tap more than ever
        await doctor.click("li[data-consultation] [data-action=accept]")
        await expect(doctor.locator("[data-notice]")).to_contain_text("accord du patient")
        await expect(station.locator("body[data-view=waiting]")).to_be_attached()

        # A page that comes back asks again; one whose patient has said yes does not.
        await station.reload()
        await people.agree(station)
        await station.reload()
        await people.view(station, "waiting")
        await expect(station.locator("[data-action=consent]")).to_be_hidden()
        await expect(station.locator("[data-form=consent]")).to_have_count(0)
        case_id = await doctor.locator("li[data-consultation]").get_attribute("data-consultation")
        own = call.server.services
        async with own.database() as db:
            (kept,) = await own.consents.of(db, str(case_id))
        assert kept.in_force
        await people.accept(doctor)
        await people.view(station, "call")


async def test_a_patient_is_handed_to_one_colleague_by_name(tmp_path: Path) -> None:
    async with async_playwright() as playwright, two_pages(tmp_path, playwright) as call:
        station, doctor = call.pages
        colleague = await call.server.new_doctor("keita", "Dr Keïta")
        await people.request(station, urgency="orange")
        await people.accept(doctor)
        await people.view(station, "call")
        await doctor.locator("[data-action=case]:visible").click()
        form = doctor.locator("form[data-form=transfer]")
        await form.locator("select").select_option(label="Dr Keïta")
        await form.locator("button").click()
        await people.view(station, "waiting")
        await people.view(doctor, "queue")
        await expect(doctor.locator("[data-notice]")).to_contain_text("Patient confié à Dr Keïta")
        await expect(station.locator("[data-outlook]")).to_contain_text("vous a confié à Dr Keïta")
        (waiting,) = call.server.app[CONSULTATIONS].waiting()
        assert waiting.wishes.clinician_id == colleague
