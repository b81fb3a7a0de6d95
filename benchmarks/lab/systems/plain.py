"""The steps of two people in pages/plain.html, the page of all systems but our own.

Owns: opening the page and pressing its one button.
"""

from __future__ import annotations

from playwright.async_api import BrowserContext, Page

from benchmarks.lab.systems import people
from benchmarks.lab.systems.system import Pages


class PlainPages:
    """Two pages without accounts; nothing connects until the doctor calls."""

    warm = False

    def __init__(self) -> None:
        self._origin = ""

    async def prepare(self, station: BrowserContext, clinician: BrowserContext) -> None:
        """Nothing: there is nobody to sign in."""

    async def open_clinician(self, context: BrowserContext) -> Page:
        """Open the calling page."""
        return await self._open(context, "clinician", "queue")

    async def open_station(self, context: BrowserContext) -> Page:
        """Open the called page."""
        return await self._open(context, "station", "waiting")

    async def accept(self, pages: Pages) -> None:
        """Call."""
        await pages.clinician.click("[data-action=accept]")

    async def _open(self, context: BrowserContext, role: str, view: str) -> Page:
        page = await context.new_page()
        await page.goto(f"{self._origin}/?role={role}", timeout=people.PATIENCE_MS)
        await people.view(page, view)
        return page
