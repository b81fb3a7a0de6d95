"""A media engine alone in a process on one core, which reads requests as lines of JSON on standard input.

Owns: the engine under measurement, its core, and an echo on a plain UDP socket that measures the loopback. Must
never do anything else: its processor time is the result. It answers each request with one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import os
import pstats
import socket
import sys
import time
from typing import Any, cast

import uvloop

from benchmarks.peers.host import raise_priority, rss_mib
from media.engine import legfactory
from media.engine.engine import MediaEngine, MediaSettings
from media.engine.garbage import spare_calls

HOST = "127.0.0.1"
# An offer with three slots is 3 kB, a real browser's offer 23 kB; asyncio's default limit for a line is 64 KiB.
LINE_MAX_BYTES = 1 << 20
PROFILE_LINES = 45


class _Echo(asyncio.DatagramProtocol):
    """Sends every datagram back to its source."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport has the same methods, but does not inherit from asyncio's class.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._transport.sendto(data, addr)


class EngineProcess:
    """The engine (one of its own, or that of a whole server), and the handler of each request."""

    def __init__(self, profiler: cProfile.Profile | None, engine: MediaEngine | None = None) -> None:
        self._owns = engine is None
        self._engine = engine or MediaEngine(MediaSettings(port=0, hosts=(HOST,)))
        self._profiler = profiler

    async def start(self) -> int:
        """Bind the engine and the echo; returns the echo's port."""
        if self._owns:
            await self._engine.start()
        loop = asyncio.get_running_loop()
        self._garbage = loop.create_task(spare_calls(lambda: self._engine.in_call))
        transport, _ = await loop.create_datagram_endpoint(_Echo, local_addr=(HOST, 0))
        bound: socket.socket = transport.get_extra_info("socket")
        port: int = bound.getsockname()[1]
        return port

    async def handle(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out one request; returns its answer."""
        match request["do"]:
            case "open":
                return {"answer": await self._engine.open_leg(request["leg"], request["offer"])}
            case "join":
                self._engine.join(request["room"], request["leg"])
                return {}
            case "mark":
                return self._mark(request["profile"])
            case "close":
                self._garbage.cancel()
                if self._owns:
                    await self._engine.close()
                return {}
            case other:
                raise ValueError(f"unknown request {other}")

    def _mark(self, profile: bool) -> dict[str, Any]:
        """Read the counters; `profile` starts the profiler, a reading without it stops the profiler."""
        downlinks = [control.member.downlink for control in self._engine._controls.values()]
        if self._profiler is not None:
            if profile:
                self._profiler.enable()
            else:
                self._profiler.disable()
        return {
            "cpu_s": time.process_time(),
            "at_s": time.monotonic(),
            "forwarded": sum(downlink.sent_packets for downlink in downlinks),
            "estimate_kbps": sorted(downlink.estimate.estimate_bps // 1000 for downlink in downlinks),
            "rss_mib": rss_mib(os.getpid()),
            "refused": self._engine.refusals(),
        }


async def _serve(profiler: cProfile.Profile | None) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LINE_MAX_BYTES)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    process = EngineProcess(profiler)
    print(json.dumps({"echo_port": await process.start()}), flush=True)
    while line := await reader.readline():
        request = json.loads(line)
        print(json.dumps(await process.handle(request)), flush=True)
        if request["do"] == "close":
            return


def main() -> None:
    """Run until the request to close, or until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--core", type=int, required=True)
    parser.add_argument("--start-kbps", type=int, required=True)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {arguments.core})
    raise_priority()
    # Starts with a grown estimate, whose growth is not measured here: see forward.py.
    legfactory.START_BPS = arguments.start_kbps * 1000
    profiler = cProfile.Profile() if arguments.profile else None
    uvloop.run(_serve(profiler))
    if profiler is not None:
        statistics = pstats.Stats(profiler, stream=sys.stderr)
        statistics.sort_stats("tottime").print_stats(PROFILE_LINES)


if __name__ == "__main__":
    main()
