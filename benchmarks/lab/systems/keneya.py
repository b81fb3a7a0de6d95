"""Our own server and pages, as people use them.

Owns: the start of the real server (its demo, with a database of its own), and the steps of a nurse and a doctor in
the pages.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from playwright.async_api import BrowserContext, Page

from benchmarks.lab.systems import people
from benchmarks.lab.systems.process import STARTUP_TIMEOUT_S, running
from benchmarks.lab.systems.system import Pages, Where

POLL_S = 0.1


class DemoFile(msgspec.Struct):
    """The file that `keneya demo --write` writes for programs that drive the demo."""

    url: str
    code: str
    login: str
    password: str


class Keneya:
    """Chromium to Chromium through our relay; legs are warm before the doctor accepts."""

    name = "keneya"
    warm = True

    def __init__(self) -> None:
        self._origin = ""
        self._demo: DemoFile | None = None

    @asynccontextmanager
    async def serve(self, where: Where) -> AsyncIterator[int | None]:
        """Run ``keneya demo`` in a temporary directory."""
        self._origin = where.origin
        with tempfile.TemporaryDirectory(prefix="keneya-lab-") as directory:
            written = Path(directory) / "demo.json"
            command = [
                sys.executable,
                "-m",
                "server",
                "demo",
                "--host",
                where.host,
                "--port",
                str(where.port),
            ]
            command += ["--data-dir", directory, "--write", str(written)]
            async with running(
                command, namespace=where.namespace, environment={**os.environ, "PYTHONUNBUFFERED": "1"}
            ) as server:
                await server.wait_for_line("Ctrl-C stops")
                self._demo = await _read(written)
                yield server.pid

    async def prepare(self, station: BrowserContext, clinician: BrowserContext) -> None:
        """Enrol the station and sign the doctor in, which lasts for many calls."""
        demo = self._told()
        page = await station.new_page()
        await people.enrol(page, self._origin, demo.code)
        await page.close()
        page = await clinician.new_page()
        await people.sign_in(page, self._origin, demo.login, demo.password)
        await page.close()

    async def open_clinician(self, context: BrowserContext) -> Page:
        """The doctor opens the page and goes on duty."""
        page = await context.new_page()
        await page.goto(f"{self._origin}/clinician", timeout=people.PATIENCE_MS)
        await people.view(page, "queue")
        await people.go_on_duty(page)
        return page

    async def open_station(self, context: BrowserContext) -> Page:
        """The nurse opens the page and, once the link is shown, asks for a doctor."""
        page = await context.new_page()
        await people.open_station(page, self._origin)
        await people.linked(page)
        await people.request(page)
        return page

    async def accept(self, pages: Pages) -> None:
        """The doctor takes the consultation."""
        await people.accept(pages.clinician)

    def _told(self) -> DemoFile:
        assert self._demo is not None, "serve() comes first"
        return self._demo


async def _read(path: Path) -> DemoFile:
    """The demo's file, once it is complete: the demo writes it right after the welcome text."""
    async with asyncio.timeout(STARTUP_TIMEOUT_S):
        while (demo := _parse(path)) is None:  # noqa: ASYNC110 (another process writes it)
            await asyncio.sleep(POLL_S)
        return demo


def _parse(path: Path) -> DemoFile | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=DemoFile)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
