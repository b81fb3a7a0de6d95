"""The system every other is compared with: two Chromium pages, peer to peer, stock parameters.

Owns: the driver of pages/p2p.html. There is no relay; the server only carries the SDP.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import BrowserContext, Page

from benchmarks.lab import people
from benchmarks.lab.p2p_server import READY
from benchmarks.lab.process import running
from benchmarks.lab.system import Pages, Where


class PeerToPeer:
    """Chromium to Chromium."""

    name = "p2p"
    warm = False

    def __init__(self) -> None:
        self._origin = ""

    @asynccontextmanager
    async def serve(self, where: Where) -> AsyncIterator[int | None]:
        """Run the signaling server; its cost is not counted, since no media passes it."""
        self._origin = where.origin
        command = [sys.executable, "-m", "benchmarks.lab.p2p_server", where.host, str(where.port)]
        async with running(command, namespace=where.namespace) as server:
            await server.wait_for_line(READY)
            yield None

    async def prepare(self, station: BrowserContext, clinician: BrowserContext) -> None:
        """Nothing: these pages know nobody."""

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
