"""The steps of a nurse and a doctor in our pages, control by control.

Owns: the selectors (views, forms and ``data-action`` controls are the pages' contract with programs that drive
them). Must never use the pages' code or wait for a fixed time: every step ends when the page shows its result.
"""

from __future__ import annotations

from playwright.async_api import Page

# Pages open over links that need half a minute for 60 kB.
PATIENCE_MS = 180_000.0

CONNECTED = "() => window.__legs.some(leg => leg.connectionState === 'connected')"


async def view(page: Page, *names: str) -> str:
    """Wait until the page shows one of these views; returns its name."""
    selector = ", ".join(f"body[data-view={name}]" for name in names)
    body = await page.wait_for_selector(selector, state="attached", timeout=PATIENCE_MS)
    assert body is not None
    return str(await body.get_attribute("data-view"))


async def act(page: Page, action: str) -> None:
    """Press a control by its ``data-action``."""
    await page.click(f"[data-action={action}]:visible", timeout=PATIENCE_MS)


async def enrol(page: Page, origin: str, code: str) -> None:
    """Nurse: open the station's page and enrol the station."""
    await page.goto(f"{origin}/station", timeout=PATIENCE_MS)
    await view(page, "enrol")
    await page.fill("form[data-form=enrol] input[name=code]", code)
    await page.press("form[data-form=enrol] input[name=code]", "Enter")
    await view(page, "home")


async def open_station(page: Page, origin: str) -> None:
    """Nurse: open the page of an enrolled station."""
    await page.goto(f"{origin}/station", timeout=PATIENCE_MS)
    await view(page, "home")


async def linked(page: Page) -> None:
    """Nurse or doctor: wait until the collector sees a connected leg."""
    await page.wait_for_function(CONNECTED, timeout=PATIENCE_MS)


async def request(page: Page, *, urgency: str | None = None, reason: str = "") -> None:
    """Nurse: ask for a doctor, and record the patient's agreement; ends in the waiting room."""
    if urgency is not None:
        await page.check(f"input[name=urgency][value={urgency}]", force=True)
    if reason:
        await page.fill("textarea[name=reason]", reason)
    await act(page, "request")
    await view(page, "waiting", "call")
    await agree(page)


async def agree(page: Page) -> None:
    """Nurse: record that the patient agrees; ends when the server has stored the answer."""
    await page.fill("[data-form=consent] input[name=explained_by]", "Fatou D.", timeout=PATIENCE_MS)
    await page.click("[data-form=consent] [data-answer=check]", timeout=PATIENCE_MS)
    await page.wait_for_selector("[data-form=consent]", state="detached", timeout=PATIENCE_MS)


async def sign_in(page: Page, origin: str, login: str, password: str) -> None:
    """Doctor: open the clinician's page and sign in; ends at the queue."""
    await page.goto(f"{origin}/clinician", timeout=PATIENCE_MS)
    await view(page, "sign-in")
    await page.fill("form[data-form=sign-in] input[name=login]", login)
    await page.fill("form[data-form=sign-in] input[name=password]", password)
    await page.press("form[data-form=sign-in] input[name=password]", "Enter")
    await view(page, "queue")


async def go_on_duty(page: Page) -> None:
    """Doctor: switch duty on."""
    await act(page, "duty")
    await page.wait_for_selector("[data-action=duty][aria-checked=true]", timeout=PATIENCE_MS)


async def accept(page: Page) -> None:
    """Doctor: accept the first consultation of the queue; ends in the call."""
    await page.click("li[data-consultation] [data-action=accept]", timeout=PATIENCE_MS)
    await view(page, "call")
