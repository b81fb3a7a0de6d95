"""Firefox behind a relay of its WebDriver BiDi: `python -m benchmarks.lab.bidi NAMESPACE FIREFOX ARGUMENTS...`.

Owns: what stands between Playwright and a Firefox ESR. Playwright is made for the newest Firefox and opens no page
where one of its emulations is unknown. In a network namespace ("-": in none) Firefox listens on a loopback that
nobody outside reaches. Must never change any other message. W3C WebDriver BiDi, section 3 (transport).
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
from contextlib import nullcontext
from typing import Any

import aiohttp
from aiohttp import web

from benchmarks.lab.emulator import netns

LOOPBACK = "127.0.0.1"
# What Firefox says once it can be driven, and what Playwright waits for.
LISTENING = "WebDriver BiDi listening on ws://"
OPTIONAL = "emulation."


class Relay:
    """One driver's connection to one Firefox."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._emulations: set[int] = set()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Carry messages both ways until one side ends."""
        driver = web.WebSocketResponse(max_msg_size=0)
        await driver.prepare(request)
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{self._url}{request.path}", max_msg_size=0) as firefox,
        ):
            ways = [
                asyncio.create_task(self._asks(driver, firefox)),
                asyncio.create_task(self._tells(firefox, driver)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
        return driver

    async def _asks(self, driver: web.WebSocketResponse, firefox: aiohttp.ClientWebSocketResponse) -> None:
        async for message in driver:
            asked = json.loads(message.data)
            if asked["method"].startswith(OPTIONAL):
                self._emulations.add(asked["id"])
            await firefox.send_str(message.data)

    async def _tells(self, firefox: aiohttp.ClientWebSocketResponse, driver: web.WebSocketResponse) -> None:
        async for message in firefox:
            told: dict[str, Any] = json.loads(message.data)
            unknown = told.get("error") == "unknown command" and told.get("id") in self._emulations
            answer: dict[str, Any] = {"type": "success", "id": told.get("id"), "result": {}}
            await driver.send_str(json.dumps(answer) if unknown else message.data)


async def run(listener: socket.socket, command: list[str]) -> int:
    """Start Firefox, relay what drives it, and end with it; returns its exit status."""
    firefox = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    assert firefox.stderr is not None
    runner: web.AppRunner | None = None
    async for line in firefox.stderr:
        text = line.decode(errors="replace").rstrip()
        found = re.search(re.escape(LISTENING) + r"(\S+)", text)
        if found is None:
            print(text, file=sys.stderr, flush=True)
            continue
        app = web.Application()
        app.router.add_get("/{path:.*}", Relay(f"ws://{found[1]}").serve)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        print(f"{LISTENING}{LOOPBACK}:{listener.getsockname()[1]}", file=sys.stderr, flush=True)
    status = await firefox.wait()
    if runner is not None:
        await runner.cleanup()
    return status


def main() -> int:
    """Listen where the driver is, be where Firefox shall be."""
    namespace, *command = sys.argv[1:]
    with socket.create_server((LOOPBACK, 0)) as listener:
        listener.setblocking(False)
        with nullcontext() if namespace == "-" else netns.inside(namespace):
            return asyncio.run(run(listener, command))


if __name__ == "__main__":
    sys.exit(main())
