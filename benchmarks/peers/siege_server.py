"""The whole server in a process on one core, besieged from another; requests come as lines of JSON.

Owns: the server as `keneya serve` runs it (pages, sockets, database, media engine on one event loop), its people,
and the requests of engine_process.py for legs. Must never do anything else: its memory and time are a result.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web

from benchmarks.peers.engine_process import HOST, LINE_MAX_BYTES, EngineProcess
from benchmarks.peers.host import raise_priority
from media.engine.engine import MediaEngine, MediaSettings
from server.app import create_app
from server.people.accounts.store import ACCOUNTS, Profile
from server.people.sessions.store import SESSIONS
from server.platform.http.access_log import AccessLogger
from server.platform.http.entrance import raise_file_limit
from server.platform.logs import configure_logging
from server.platform.settings.config import Settings
from server.serve import listen, open_entrance
from signaling.messages import Role

PASSWORD = "a password of the siege"


class BesiegedServer:
    """The server, its control, and its end."""

    def __init__(self, folder: Path) -> None:
        self._settings = Settings(data_dir=folder, http_host=HOST, log_level="error")
        self._engine = MediaEngine(MediaSettings(port=0, hosts=(HOST,)))
        self._app = create_app(self._settings, media=self._engine)
        self._legs = EngineProcess(None, self._engine)
        self._open = AsyncExitStack()

    async def start(self) -> dict[str, int]:
        """Serve; returns the ports of the pages and of the echo."""
        runner = web.AppRunner(self._app, access_log_class=AccessLogger, shutdown_timeout=1.0)
        await runner.setup()
        self._open.push_async_callback(runner.cleanup)
        sockets = listen(HOST, 0)
        entrance = open_entrance(self._settings, self._app, runner, sockets, files=raise_file_limit())
        self._open.push_async_callback(entrance.close)
        return {"http_port": sockets[0].getsockname()[1], "echo_port": await self._legs.start()}

    async def handle(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out one request; returns its answer."""
        if request["do"] == "people":
            return {"tokens": [await self._person(number) for number in range(request["count"])]}
        if request["do"] == "close":
            await self._open.aclose()
        return await self._legs.handle(request)

    async def _person(self, number: int) -> str:
        """A clinician who is signed in; the value of the session cookie."""
        profile = Profile(f"Dr {number}", Role.CLINICIAN, "Hôpital")
        account_id = await self._app[ACCOUNTS].create(f"dr{number}", profile, password=PASSWORD, lasting=True)
        self._app[SESSIONS].waive_second_factor(account_id)
        return await self._app[SESSIONS].open_for_account(account_id)


async def _serve(folder: Path) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LINE_MAX_BYTES)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    server = BesiegedServer(folder)
    print(json.dumps(await server.start()), flush=True)
    while line := await reader.readline():
        request = json.loads(line)
        print(json.dumps(await server.handle(request)), flush=True)
        if request["do"] == "close":
            return


def main() -> None:
    """Run until the request to close, or until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--core", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {arguments.core})
    raise_priority()
    configure_logging("error", "json")  # standard output is for answers
    uvloop.run(_serve(arguments.folder))


if __name__ == "__main__":
    main()
