"""The server of the P2P system: hands out two pages and carries messages from one to the other.

Owns: nothing but that; media never passes here. A process of its own, started by p2p.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

from aiohttp import WSMsgType, web

PAGES = Path(__file__).parent / "pages"
SOCKETS = web.AppKey("sockets", set[web.WebSocketResponse])
READY = "ready"


async def page(_request: web.Request) -> web.FileResponse:
    """The page of both sides."""
    return web.FileResponse(PAGES / "p2p.html")


async def script(_request: web.Request) -> web.FileResponse:
    """The page's code."""
    return web.FileResponse(PAGES / "p2p.js")


async def socket(request: web.Request) -> web.WebSocketResponse:
    """Pass every message on to whoever else is there."""
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


def main() -> None:
    """Serve on the address and port given as arguments."""
    app = web.Application()
    app[SOCKETS] = set()
    app.add_routes([web.get("/", page), web.get("/p2p.js", script), web.get("/socket", socket)])
    web.run_app(app, host=sys.argv[1], port=int(sys.argv[2]), print=lambda _text: print(READY, flush=True))


if __name__ == "__main__":
    main()
