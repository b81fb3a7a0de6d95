"""The real server as a process of its own, ended and started again under living pages.

Owns: the process (`python -m server serve`), its one address over all its lives, and the gate before it. This TCP
relay refuses callers as an ended server does, or holds them back until the server answers, as a proxy or a socket
of the service manager does. People and stations are made on its database before the first start.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from server.app import ENGINE, create_app
from server.people.accounts.store import ACCOUNTS, Profile
from server.people.sessions.store import SESSIONS
from server.people.stations.store import STATIONS
from server.platform.settings.config import Settings
from signaling.messages import Role
from tests.support.hashes import real_hashes
from tests.support.patience import PATIENCE_S
from tests.support.sqlitefile import put_migrated

LOOK_EVERY_S = 0.05
PIECE_BYTES = 65_536


class Gate:
    """One port for all lives of the server behind it. ``holds``: callers wait until the server is up."""

    def __init__(self, inner: int) -> None:
        self.holds = False
        self._inner = inner

    async def open(self) -> asyncio.Server:
        """Begin to accept callers on a free port."""
        return await asyncio.start_server(self._call, "127.0.0.1", 0)

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = None
        while there is None and not writer.is_closing():
            with contextlib.suppress(OSError):
                there = await asyncio.open_connection("127.0.0.1", self._inner)
            if there is None and not self.holds:
                break
            if there is None:
                await asyncio.sleep(LOOK_EVERY_S)
        if there is not None:
            with contextlib.suppress(OSError):
                await asyncio.gather(_pipe(reader, there[1]), _pipe(there[0], writer))
            there[1].close()
        writer.transport.abort()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()  # whichever end goes takes the other along


@dataclass
class Life:
    """A server that can die and live again at ``url``."""

    url: str
    folder: Path
    settings: Settings
    gate: Gate
    process: asyncio.subprocess.Process | None = None
    code: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    async def begin(self) -> None:
        """Start the process, and wait until it answers."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("KENEYA_")}
        chosen = {
            "HTTP_HOST": "127.0.0.1", "HTTP_PORT": self.settings.http_port, "PUBLIC_URL": self.url,
            "DATA_DIR": self.settings.data_dir, "MEDIA_PORT": self.settings.media_port,
            "MEDIA_HOSTS": "127.0.0.1", "LOG_LEVEL": "warning",
        }  # fmt: skip
        with (self.folder / "server.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *("setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "server", "serve"),
                cwd=self.folder,
                env=clean
                | {"PYTHONPATH": str(Path(__file__).parents[2])}
                | {f"KENEYA_{name}": str(value) for name, value in chosen.items()},
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(PATIENCE_S):
            while not await _answers(self.settings.http_port):
                assert self.process.returncode is None, (self.folder / "server.log").read_text()
                await asyncio.sleep(LOOK_EVERY_S)

    async def end(self, how: signal.Signals) -> None:
        """End the process, and wait until it is gone."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(how)
        await self.process.wait()

    async def restart(self, how: signal.Signals, *, away_s: float = 0.0, held: bool = False) -> None:
        """End it and begin anew; ``away_s`` later than at once; ``held``: callers wait meanwhile."""
        self.gate.holds = held
        await self.end(how)
        await asyncio.sleep(away_s)
        await self.begin()
        self.gate.holds = False

    async def prepare(self, **people: Role) -> None:
        """Make a station's code, and people by their logins who are signed in already (see ``cookies``)."""
        put_migrated(self.settings.data_dir / "keneya.db")
        with real_hashes():
            app = create_app(self.settings)
            self.code = (await app[STATIONS].new_code(site="CSRéf de Kayes", name="Poste 1")).code
            for login, role in people.items():
                profile = Profile(login.title(), role, "Hôpital du Point G")
                account_id = await app[ACCOUNTS].create(
                    login, profile, password=f"{login} for tests", lasting=True
                )
                self.cookies[login] = await app[SESSIONS].open_for_account(account_id, second_factor=True)
            await app[ENGINE].dispose()


async def _answers(port: int) -> bool:
    try:
        async with aiohttp.request("GET", f"http://127.0.0.1:{port}/healthz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def living_server(folder: Path, **people: Role) -> AsyncIterator[Life]:
    """A server in its first life, with its people, until the test is over."""
    inner = _free_port(socket.SOCK_STREAM)
    gate = Gate(inner)
    listening = await gate.open()
    url = f"http://localhost:{listening.sockets[0].getsockname()[1]}"
    settings = Settings(
        data_dir=folder / "data", http_port=inner, media_port=_free_port(socket.SOCK_DGRAM), public_url=url
    )
    life = Life(url, folder, settings, gate)
    await life.prepare(**people)
    try:
        await life.begin()
        yield life
    finally:
        listening.close()
        await life.end(signal.SIGKILL)
