"""The baseline of all comparisons: two Chromium pages, peer to peer, stock parameters.

Owns: the start of its server (pages/p2p.js does the rest). There is no relay; the server only carries the SDP.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.lab.systems.plain import PlainPages
from benchmarks.lab.systems.plain_server import READY
from benchmarks.lab.systems.process import running
from benchmarks.lab.systems.system import Where


class PeerToPeer(PlainPages):
    """Chromium to Chromium."""

    name = "p2p"

    @asynccontextmanager
    async def serve(self, where: Where) -> AsyncIterator[int | None]:
        """Run the signaling server; its processor time does not count, since no media passes through it."""
        self._origin = where.origin
        command = [
            sys.executable,
            "-m",
            "benchmarks.lab.systems.plain_server",
            where.host,
            str(where.port),
            self.name,
        ]
        async with running(command, namespace=where.namespace) as server:
            await server.wait_for_line(READY)
            yield None
