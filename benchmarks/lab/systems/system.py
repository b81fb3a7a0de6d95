"""The systems a call can be measured on, behind one small interface.

Owns: the protocol `System`. A system's driver plays the people: it does in the pages what a nurse and a
doctor do, and nothing else.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from playwright.async_api import BrowserContext, Page

from benchmarks.lab.emulator.tun import FAR_ADDRESS

PORT = 8080


@dataclass(frozen=True)
class Where:
    """The far namespace (None: our own, for runs without an emulated link) and the server's address there."""

    namespace: str | None
    host: str = FAR_ADDRESS
    port: int = PORT

    @property
    def origin(self) -> str:
        """What pages are opened on."""
        return f"http://{self.host}:{self.port}"


@dataclass(frozen=True)
class Pages:
    """The two pages of a call."""

    station: Page
    clinician: Page


class System(Protocol):
    """One way to hold a consultation. ``warm``: legs are connected before anybody accepts."""

    name: str
    warm: bool

    def serve(self, where: Where) -> AbstractAsyncContextManager[int | None]:
        """Run the server; gives its process id (None: there is no server worth counting)."""

    async def prepare(self, station: BrowserContext, clinician: BrowserContext) -> None:
        """What happens once in a device's life (enrolment), over an unshaped link."""

    async def open_clinician(self, context: BrowserContext) -> Page:
        """Open the clinician's page and wait until it can be called."""

    async def open_station(self, context: BrowserContext) -> Page:
        """Open the station's page and go on to where a consultation is asked for."""

    async def accept(self, pages: Pages) -> None:
        """Have the clinician take the consultation."""
