"""A real server on loopback for tests: real SQLite file, real sockets, a free port.

async with running_server(tmp_path) as server:
    station = await server.new_station()          # an enrolment code
    async with server.client() as client:         # cookies, Origin and X-Keneya like a page of ours
        await server.enrol(client, station.code)
        ticket = await server.ticket(client, "station")
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp import web

from server.app import create_app
from server.consents.store import CONSENTS, Consents
from server.people.accounts.store import ACCOUNTS, Accounts, Profile
from server.people.sessions.store import SESSIONS, HttpSessions
from server.people.sessions.tickets import TICKETS, Tickets
from server.people.signin.credentials import CREDENTIALS, Credentials
from server.people.stations.store import STATIONS, NewCode, Stations
from server.platform.database.engine import DbSessions
from server.platform.http.access_log import AccessLogger
from server.platform.http.keys import DATABASE
from server.platform.settings.config import Settings
from server.serve import listen, open_entrance
from server.trail.trail import TRAIL, Trail
from signaling.messages import Role
from tests.support.kiosk import KioskKey
from tests.support.sqlitefile import put_migrated

PASSWORD = "a password for tests only"

# The key that each client signs with if it becomes a kiosk.
KEYS: WeakKeyDictionary[aiohttp.ClientSession, KioskKey] = WeakKeyDictionary()


@dataclass(frozen=True)
class Services:
    """What tests ask of a running server without its pages."""

    database: DbSessions
    trail: Trail
    credentials: Credentials
    accounts: Accounts
    stations: Stations
    sessions: HttpSessions
    tickets: Tickets
    consents: Consents


@dataclass
class Server:
    """A server that runs. ``url`` has no slash at the end."""

    url: str
    app: web.Application
    settings: Settings

    @property
    def services(self) -> Services:
        """The services behind the handlers."""
        keys = (DATABASE, TRAIL, CREDENTIALS, ACCOUNTS, STATIONS, SESSIONS, TICKETS, CONSENTS)
        return Services(*(self.app[key] for key in keys))

    @property
    def own_headers(self) -> dict[str, str]:
        """The headers that the pages' own requests carry."""
        return {"Origin": self.url, "X-Keneya": "1"}

    @asynccontextmanager
    async def client(self, headers: dict[str, str] | None = None) -> AsyncIterator[aiohttp.ClientSession]:
        """A browser-like client with its own cookies; ``headers`` replaces the pages' own."""
        jar = aiohttp.CookieJar(unsafe=True)  # cookies for an IP address
        own = self.own_headers if headers is None else headers
        kiosk = KioskKey()
        async with aiohttp.ClientSession(
            self.url, headers=own, cookie_jar=jar, middlewares=(kiosk.sign,)
        ) as client:
            KEYS[client] = kiosk
            yield client

    async def new_station(self, site: str = "CSRéf de Kayes", name: str = "Poste 1") -> NewCode:
        """A station with a fresh enrolment code."""
        return await self.services.stations.new_code(site=site, name=name)

    async def new_doctor(
        self, login: str = "docteur", name: str = "Dr Traoré", role: Role = Role.CLINICIAN
    ) -> str:
        """An account with the password ``PASSWORD`` and no second factor; returns its participant_id."""
        profile = Profile(name, role, "Hôpital du Point G")
        account_id = await self.services.accounts.create(login, profile, password=PASSWORD, lasting=True)
        self.services.sessions.waive_second_factor(account_id)
        return account_id

    async def enrol(self, client: aiohttp.ClientSession, code: str) -> None:
        """Make the client a station: from now on it signs its requests."""
        async with client.post("/api/station/enrolment", json=self.enrolment(client, code)) as answer:
            assert answer.status == 204, await answer.text()

    def key_of(self, client: aiohttp.ClientSession) -> KioskKey:
        """The key that the client signs with once it is a station."""
        return KEYS[client]

    def enrolment(self, client: aiohttp.ClientSession, code: str) -> dict[str, str]:
        """The body that a client sends to become a station."""
        return {"code": code, "public_key": KEYS[client].public_key}

    async def sign_in(
        self, client: aiohttp.ClientSession, login: str = "docteur", password: str = PASSWORD
    ) -> dict[str, Any]:
        """Sign the client in; returns what the page learns about the person."""
        async with client.post("/api/session", json={"login": login, "password": password}) as answer:
            assert answer.status == 200, await answer.text()
            return dict(await answer.json())

    async def ticket(self, client: aiohttp.ClientSession, role: str | None = None) -> str:
        """A ticket for the WebSocket."""
        async with client.post("/api/ticket", json={"role": role} if role else {}) as answer:
            assert answer.status == 200, await answer.text()
            return str((await answer.json())["ticket"])


@asynccontextmanager
async def running_server(
    tmp_path: Path,
    *,
    make_app: Callable[..., web.Application] = create_app,
    app_options: dict[str, Any] | None = None,
    files: int = 1_024,
    **overrides: Any,
) -> AsyncIterator[Server]:
    """Start a server with its files under ``tmp_path``; ``overrides`` are settings.

    ``files``: how many files it takes itself to be allowed to open.
    """
    chosen: dict[str, Any] = {
        "data_dir": tmp_path / "data",
        "media_port": 0,
        "media_hosts": ("127.0.0.1",),
        "log_level": "error",
    }
    settings = Settings(**(chosen | overrides))
    if not settings.database_url:
        put_migrated(settings.data_dir / "keneya.db")
    app = make_app(settings, **(app_options or {}))
    runner = web.AppRunner(app, access_log_class=AccessLogger, shutdown_timeout=1.0)
    await runner.setup()
    sockets = listen("127.0.0.1", 0)
    entrance = open_entrance(settings, app, runner, sockets, files=files)
    try:
        yield Server(f"http://127.0.0.1:{sockets[0].getsockname()[1]}", app, settings)
    finally:
        await entrance.close()
        await runner.cleanup()
        sockets[0].close()


def files_of(folder: Path) -> list[Path]:
    """Every file that a server has written below its folder."""
    return [path for path in folder.rglob("*") if path.is_file()]
