"""The web server of the compared systems: it serves a page to two people and forwards messages between them.

Media never passes through it. It is a process of its own: ``plain_server HOST PORT SYSTEM``, where SYSTEM names the
script of pages/ that both pages run.
"""

from __future__ import annotations

import sys
from pathlib import Path

from aiohttp import WSMsgType, web

PAGES = Path(__file__).parents[1] / "pages"
SCRIPT = web.AppKey("script", Path)
SOCKETS = web.AppKey("sockets", set[web.WebSocketResponse])
READY = "ready"


async def page(_request: web.Request) -> web.FileResponse:
    """The page of both sides."""
    return web.FileResponse(PAGES / "plain.html")


async def common(_request: web.Request) -> web.FileResponse:
    """The script that the pages of all systems share."""
    return web.FileResponse(PAGES / "plain.js")


async def script(request: web.Request) -> web.FileResponse:
    """The script of this system's pages."""
    return web.FileResponse(request.app[SCRIPT])


async def socket(request: web.Request) -> web.WebSocketResponse:
    """Forward every message to the other page."""
    own = web.WebSocketResponse()
    await own.prepare(request)
    sockets = request.app[SOCKETS]
    sockets.add(own)
    try:
        async for message in own:
            if message.type is WSMsgType.TEXT:
                for other in sockets - {own}:
                    await other.send_str(message.data)
    finally:
        sockets.discard(own)
    return own


def pages_of(system: str) -> web.Application:
    """An application with the pages of a system, without a socket yet."""
    app = web.Application()
    app[SCRIPT] = PAGES / f"{system}.js"
    app.add_routes([web.get("/", page), web.get("/plain.js", common), web.get("/system.js", script)])
    return app


def serve(app: web.Application, host: str, port: int) -> None:
    """Serve until the process ends; prints READY when the server listens."""
    web.run_app(app, host=host, port=port, print=lambda _text: print(READY, flush=True))


def main() -> None:
    """Serve on the address and port given as arguments."""
    host, port, system = sys.argv[1:]
    app = pages_of(system)
    app[SOCKETS] = set()
    app.add_routes([web.get("/socket", socket)])
    serve(app, host, int(port))


if __name__ == "__main__":
    main()
