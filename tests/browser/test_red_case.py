"""A very urgent patient is heard by a doctor whose page was opened anew and not touched since.

Nothing here may count as a touch: Playwright's own questions to a page do, so the doctor's page is asked and
pressed over the browser's protocol alone.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import CDPSession, async_playwright

from benchmarks.lab.systems import people
from tests.browser.conftest import ARGUMENTS
from tests.support.browsers import browser_path, missing_browser
from tests.support.patience import PATIENCE_MS, PATIENCE_S
from tests.support.server import PASSWORD, running_server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]

# The browser's own rule, which labs and test tools like to switch off.
UNTOUCHED = [*ARGUMENTS, "--autoplay-policy=document-user-activation-required"]
COUNT_TONES = """
window.tones = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when); };
"""
RING = "[data-action=ring]"


async def asked(desk: CDPSession, expression: str) -> Any:
    """What an expression is on the page; asking is no touch."""
    answer = await desk.send("Runtime.evaluate", {"expression": expression, "userGesture": False})
    return answer["result"].get("value")


async def until(desk: CDPSession, expression: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await asked(desk, expression):  # noqa: ASYNC110 - the page cannot wake us
            await asyncio.sleep(0.05)


def shows(selector: str) -> str:
    return f"Boolean(document.querySelector({json.dumps(selector)})?.checkVisibility())"


async def touched(desk: CDPSession, selector: str) -> None:
    """A finger on the middle of an element."""
    box = await asked(
        desk,
        f"(() => {{ const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
        "return JSON.stringify([box.x + box.width / 2, box.y + box.height / 2]); })()",
    )
    x, y = json.loads(box)
    for kind in ("mousePressed", "mouseReleased"):
        press = {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}
        await desk.send("Input.dispatchMouseEvent", press)


async def test_a_red_case_asks_for_a_touch_on_an_untouched_page_and_rings_at_it(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, async_playwright() as playwright:
        await server.new_doctor()
        code = (await server.new_station()).code
        browser = await playwright.chromium.launch(
            executable_path=browser_path(), args=UNTOUCHED, timeout=PATIENCE_MS
        )
        doctors = await browser.new_context()
        first = await doctors.new_page()
        await people.sign_in(first, server.url, "docteur", PASSWORD)
        await people.go_on_duty(first)
        page = await doctors.new_page()
        await page.add_init_script(COUNT_TONES)
        desk = await doctors.new_cdp_session(page)
        await desk.send("Page.navigate", {"url": f"{server.url}/clinician"})
        await first.close()
        await until(desk, shows("[data-for=queue]"))
        await until(desk, "document.querySelector('[data-action=duty]').ariaChecked === 'true'")
        # Before any patient: the bell does not look on, and a touch is asked for.
        await until(desk, shows(RING))
        assert "#bell-off" in await asked(
            desk, "document.querySelector('[data-action=sound] use').getAttribute('href')"
        )

        station = await (await browser.new_context()).new_page()
        await people.enrol(station, server.url, code)
        await people.request(station, urgency="red")
        await until(desk, shows("li[data-consultation]"))
        assert "Très urgent" in await asked(desk, "document.title")
        assert await asked(desk, "window.tones") == 0
        await touched(desk, RING)
        await until(desk, "window.tones > 0")
        await until(desk, f"!({shows(RING)})")
        assert "#bell-off" not in await asked(
            desk, "document.querySelector('[data-action=sound] use').getAttribute('href')"
        )
        await browser.close()
