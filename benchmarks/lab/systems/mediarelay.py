"""The naive relay (naive_server.py) as a system of the lab.

Owns: the start of that server, whose processor time counts.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.lab.systems.plain import PlainPages
from benchmarks.lab.systems.plain_server import READY
from benchmarks.lab.systems.process import running
from benchmarks.lab.systems.system import Where


class MediaRelay(PlainPages):
    """Chromium to Chromium through aiortc's MediaRelay."""

    name = "mediarelay"

    @asynccontextmanager
    async def serve(self, where: Where) -> AsyncIterator[int | None]:
        """Run the server."""
        self._origin = where.origin
        command = [sys.executable, "-m", "benchmarks.lab.systems.naive_server", where.host, str(where.port)]
        async with running(command, namespace=where.namespace) as server:
            await server.wait_for_line(READY)
            yield server.pid
