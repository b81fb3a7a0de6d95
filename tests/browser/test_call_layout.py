"""The page of a call with everything on it at once: nothing covers anything, at any size."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, ViewportSize, async_playwright, expect

from benchmarks.lab.systems import people
from media.engine.relay.control.stillsbudget import StillsBudget
from tests.support.browsers import missing_browser, with_devices
from tests.support.server import PASSWORD, running_server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.call,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]

SIZES: list[ViewportSize] = [
    {"width": 1280, "height": 800},
    {"width": 1440, "height": 900},
    {"width": 390, "height": 844},
]
LANGUAGES = ("fr", "bm")
# Less is not a picture of a person; on a telephone three others share a column.
FACE_MIN_PX = 48
# Boxes are laid out in fractions of a pixel.
TOUCH_PX = 1

# More people than this machine has processors for: the server's own message, told again with others in it. All are
# connected: on a busy machine somebody reconnects now and then, and the list of people scrolls for that word.
COMPANY = """(() => {
  const Native = window.WebSocket;
  let heard = null, saved = null, company = 0;
  const others = ['Poste de Bafoulabé-Oualia', 'Dr Mariam Coulibaly-Diarra', 'Oumou Sissoko'];
  const told = (message) => {
    saved = message;
    const participants = message.participants.map((one) => ({ ...one, presence: 'connected' }));
    for (let one = 0; one < company; one += 1) {
      participants.push({ ...participants.find(({ role }) => role === 'clinician'), role: 'mediator',
        participant_id: `other-${one}`, name: others[one], video_muted: true });
    }
    return { ...message, participants };
  };
  window.WebSocket = class extends Native {
    set onmessage(handle) {
      heard = handle;
      super.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        handle({ data: message.type === 'consultation' ? JSON.stringify(told(message)) : data });
      };
    }
  };
  window.__withOthers = (count) => {
    company = count - 1;
    heard({ data: JSON.stringify({ ...told(saved), seq: 0 }) });
  };
  const refusal = JSON.stringify({ type: 'error', code: 'rate_limited', message: '', seq: 0 });
  window.__refuse = () => heard({ data: refusal });
})()"""

# Whatever can be pressed, every line of words, the pictures; and what is wrong among them.
FAULTS = """({ touch, faceMin }) => {
  const shown = (one) => one.checkVisibility({ visibilityProperty: true });
  const boxes = [];
  const add = (name, element, whole) => {
    // What a list of many people scrolls away covers nothing.
    const edge = element.closest('.stage, .presence, .still-strip')?.getBoundingClientRect() ?? whole;
    const [left, top] = [Math.max(whole.left, edge.left), Math.max(whole.top, edge.top)];
    const [right, bottom] = [Math.min(whole.right, edge.right), Math.min(whole.bottom, edge.bottom)];
    if (right > left && bottom > top) boxes.push({ name, element, rect: { left, top, right, bottom } });
  };
  const things = 'button, .own-box, .stage video.remote, .stage .avatar, .rung, progress';
  for (const one of document.querySelectorAll(things)) {
    if (shown(one)) add(one.dataset.action || one.className, one, one.getBoundingClientRect());
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || !shown(parent) || parent.closest('.hidden-text, .own-speaks, .turn')) continue;
    if (parent.matches('.tile-name') && parent.scrollWidth > parent.clientWidth) {
      add(parent.className, parent, parent.getBoundingClientRect()); // cut with an ellipsis
      continue;
    }
    const range = document.createRange();
    range.selectNodeContents(node);
    if (parent.getBoundingClientRect().width <= 1) continue; // for ears alone
    for (const rect of range.getClientRects()) add(`"${node.data.trim()}"`, parent, rect);
  }
  const faults = [];
  boxes.forEach(({ name, element, rect }, index) => {
    const before = rect.left < -touch || rect.top < -touch;
    if (before || rect.right > innerWidth + touch || rect.bottom > innerHeight + touch) {
      faults.push(`${name} leaves the screen`);
    }
    for (const other of boxes.slice(index + 1)) {
      if (element.contains(other.element) || other.element.contains(element)) continue;
      const wide = Math.min(rect.right, other.rect.right) - Math.max(rect.left, other.rect.left);
      const high = Math.min(rect.bottom, other.rect.bottom) - Math.max(rect.top, other.rect.top);
      if (wide > touch && high > touch) faults.push(`${name} and ${other.name} cover each other`);
    }
  });
  const holders = '.control, .case-buttons .button, .tile-foot, .stage, .presence, .notice';
  for (const one of document.querySelectorAll(holders)) {
    const wide = one.scrollWidth > one.clientWidth + touch;
    if (shown(one) && (wide || one.scrollHeight > one.clientHeight + touch)) {
      faults.push(`words leave ${one.dataset.action || one.className}`);
    }
  }
  for (const one of document.querySelectorAll('.tile > :is(video.remote, .avatar)')) {
    if (shown(one) && one.getBoundingClientRect().height < faceMin) faults.push(`${one.className} is too small`);
  }
  for (const foot of document.querySelectorAll('.tile-foot')) {
    const [words, tile] = [foot.getBoundingClientRect(), foot.parentElement.getBoundingClientRect()];
    if (words.top < tile.top - touch || words.bottom > tile.bottom + touch) faults.push('words leave a tile');
  }
  return [...new Set(faults)];
}"""


@pytest.fixture(autouse=True)
def still_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """So slow that a still is under way for as long as the pages are looked at."""
    monkeypatch.setattr(StillsBudget, "up_bps", lambda *_args, **_rates: 300.0)


@asynccontextmanager
async def call_pages(tmp_path: Path) -> AsyncIterator[tuple[Page, Page]]:
    """A station and a doctor in a call."""
    async with (
        running_server(tmp_path) as server,
        async_playwright() as playwright,
        with_devices(playwright) as context,
    ):
        code = (await server.new_station("CSRéf de Bafoulabé", "Poste de la maternité")).code
        await server.new_doctor(name="Dr Aminata Traoré")
        # Two addresses of one machine: two jars of cookies in one browser.
        here = server.url.replace("127.0.0.1", "localhost")
        await context.add_init_script(COMPANY)
        station, doctor = await context.new_page(), await context.new_page()
        await people.enrol(station, server.url, code)
        await people.sign_in(doctor, here, "docteur", PASSWORD)
        await people.go_on_duty(doctor)
        await people.request(station, urgency="orange", reason="douleur au ventre depuis trois jours, fièvre")
        await people.accept(doctor)
        await people.view(station, "call")
        for page in (station, doctor):
            await expect(page.locator(".rung")).to_be_visible()
        yield station, doctor


async def speak(page: Page, language: str) -> None:
    """As the choice of language does, which has no place in a call."""
    await page.evaluate(
        """(language) => {
          const choice = document.querySelector('[data-action=language]');
          choice.value = language;
          choice.dispatchEvent(new Event('change'));
        }""",
        language,
    )
    await expect(page.locator(f"html[lang={language}]")).to_be_attached()


async def looked_at(page: Page, name: str) -> list[tuple[Any, ...]]:
    """What is wrong at any size, in any language, with any number of others."""
    wrong: list[tuple[Any, ...]] = []
    for language in LANGUAGES:
        await speak(page, language)
        for others in (1, 2, 3):
            await page.evaluate("(count) => window.__withOthers(count)", others)
            await expect(page.locator(".stage .tile")).to_have_count(others)
            await expect(page.locator("[data-presence] li:visible")).to_have_count(
                others + 1 if others > 1 else 0
            )
            await page.evaluate("window.__refuse()")
            await expect(page.locator(".notice")).to_be_visible()
            for size in SIZES:
                await page.set_viewport_size(size)
                faults = await page.evaluate(FAULTS, {"touch": TOUCH_PX, "faceMin": FACE_MIN_PX})
                wrong += [(name, language, others, size["width"], fault) for fault in faults]
    return wrong


async def test_nothing_on_the_page_of_a_call_covers_anything(tmp_path: Path) -> None:
    async with call_pages(tmp_path) as (station, doctor):
        await doctor.click("[data-action=still]:not(:disabled)")
        for page in (station, doctor):
            await expect(page.locator(".still-line", has_text="%")).to_be_visible()
        await expect(station.locator(".still-question")).to_be_hidden()
        wrong = await looked_at(station, "station") + await looked_at(doctor, "doctor")
        await expect(doctor.locator(".still-line")).to_be_visible()
        assert wrong == []
        # The measure itself: a button that floats over the stage again is seen.
        await station.evaluate(
            "document.querySelector('.case-buttons').style.cssText = 'position: fixed; top: 0'"
        )
        assert await station.evaluate(FAULTS, {"touch": TOUCH_PX, "faceMin": FACE_MIN_PX})
