"""The interface of the systems that a call can be measured on.

Owns: the protocol `System`. The driver of a system does in the pages what a nurse and a doctor do, and nothing
else.
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
        """The origin of the pages."""
        return f"http://{self.host}:{self.port}"


@dataclass(frozen=True)
class Pages:
    """The two pages of a call."""

    station: Page
    clinician: Page


class System(Protocol):
    """One system that holds a consultation. ``warm``: legs connect before the doctor accepts."""

    name: str
    warm: bool

    def serve(self, where: Where) -> AbstractAsyncContextManager[int | None]:
        """Run the server; yields its process id (None: no server whose processor time counts)."""

    async def prepare(self, station: BrowserContext, clinician: BrowserContext) -> None:
        """Do what happens once for a device (enrolment), over an unshaped link."""

    async def open_clinician(self, context: BrowserContext) -> Page:
        """Open the clinician's page and wait until it can take a call."""

    async def open_station(self, context: BrowserContext) -> Page:
        """Open the station's page and ask for a consultation."""

    async def accept(self, pages: Pages) -> None:
        """Make the clinician accept the consultation."""
