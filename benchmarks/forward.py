"""`python -m benchmarks.forward`: what a forwarded packet costs, with all feedback on.

Owns: the command line, the two processes (the engine alone on one core, synthetic legs on another) and the line
of JSON. Two-party calls; each leg sends voice and video at a fixed rate, answers with transport-wide feedback,
reports, now and then a NACK and a keyframe request. CPU is user and system time of the engine's process over the
window, divided by the RTP packets that it sent out in it.

The engine's estimate of each downlink starts at ``--start-kbps``, as on a link already known: how fast it grows
belongs to another measurement, and until it has grown the pacer holds video back on purpose.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import socket
import statistics
import sys
import time
from array import array
from collections.abc import Sequence
from typing import Any

import uvloop

from benchmarks.peers.host import Idle, describe, raise_priority
from benchmarks.peers.load import STAMP, Participant, Rates, Tally, drive
from benchmarks.peers.synthetic import SyntheticLeg

# 60 ms of Opus at 16 kbit/s.
VOICE_INTERVAL_S = 0.06
VOICE_BYTES = 120
# libwebrtc fills video packets to about 1,100 bytes.
VIDEO_BYTES = 1_100
FRAME_PACKETS = 5
# Legs connect this many at a time: a handshake costs milliseconds.
CONNECT_TOGETHER = 10
ECHOES = 200
ECHO_INTERVAL_S = 0.005
DRAIN_S = 1.5
LINE_MAX_BYTES = 1 << 20
SEED = 5764


class EngineControl:
    """The engine's process, seen from the other one."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lock = asyncio.Lock()
        self.echo_port = 0

    @classmethod
    async def start(cls, core: int, start_kbps: int, profile: bool) -> EngineControl:
        """Start it on `core`."""
        arguments = ["-m", "benchmarks.peers.engine_process", "--core", str(core)]
        arguments += ["--start-kbps", str(start_kbps), *(["--profile"] if profile else [])]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_MAX_BYTES,
        )
        control = cls(process)
        control.echo_port = (await control._reply())["echo_port"]
        return control

    async def ask(self, do: str, **values: Any) -> dict[str, Any]:
        """Send one request and wait for its answer. Raises ConnectionError when the engine has ended."""
        async with self._lock:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps({"do": do, **values}).encode() + b"\n")
            await self._process.stdin.drain()
            return await self._reply()

    async def _reply(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise ConnectionError("the engine's process has ended")
        reply: dict[str, Any] = json.loads(line)
        return reply

    async def close(self) -> None:
        """Let it end by itself."""
        await self.ask("close")
        await self._process.wait()


async def loopback_baseline_ns(port: int) -> float:
    """Median time of a datagram to the engine's process and back through its event loop, nothing done to it."""
    loop = asyncio.get_running_loop()
    times_ns: list[int] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setblocking(False)
        probe.connect(("127.0.0.1", port))
        for _ in range(ECHOES):
            await loop.sock_sendall(probe, STAMP.pack(time.monotonic_ns()) + bytes(VIDEO_BYTES))
            data = await loop.sock_recv(probe, 2 * VIDEO_BYTES)
            times_ns.append(time.monotonic_ns() - STAMP.unpack_from(data)[0])
            await asyncio.sleep(ECHO_INTERVAL_S)
    return statistics.median(times_ns)


async def connect_calls(control: EngineControl, calls: int) -> list[SyntheticLeg]:
    """Two legs a call, connected and joined."""
    legs = [SyntheticLeg(seed=SEED + number) for number in range(2 * calls)]

    async def connect(number: int) -> None:
        leg = legs[number]
        reply = await control.ask("open", leg=f"leg{number}", offer=leg.offer)
        await leg.connect(reply["answer"])

    for first in range(0, len(legs), CONNECT_TOGETHER):
        together = range(first, min(first + CONNECT_TOGETHER, len(legs)))
        await asyncio.gather(*(connect(number) for number in together))
    for number in range(len(legs)):
        await control.ask("join", room=f"call{number // 2}", leg=f"leg{number}")
    return legs


def rates_for(packets_per_second: float, legs: int) -> Rates:
    """The video rate that, with every leg's voice, makes `packets_per_second` together."""
    video_per_s = packets_per_second / legs - 1 / VOICE_INTERVAL_S
    if video_per_s < 1:
        raise ValueError("so many legs send more than that with their voices alone")
    return Rates(VOICE_INTERVAL_S, VOICE_BYTES, 1 / video_per_s, VIDEO_BYTES, FRAME_PACKETS)


async def measure(arguments: argparse.Namespace, cores: Sequence[int]) -> dict[str, Any]:
    """Run it all; the values of the line."""
    legs_count = 2 * arguments.calls
    rates = rates_for(arguments.packets_per_second, legs_count)
    control = await EngineControl.start(cores[0], arguments.start_kbps, arguments.profile)
    baseline_ns = await loopback_baseline_ns(control.echo_port)
    legs = await connect_calls(control, arguments.calls)
    tally = Tally()
    rng = random.Random(SEED)
    participants = [Participant(leg, rates, tally, rng) for leg in legs]
    stop = asyncio.Event()
    driver = asyncio.create_task(drive(participants, stop))
    await asyncio.sleep(arguments.warm_up)

    idle_before = Idle.now()
    before = await control.ask("mark", profile=True)
    tally.begin_ns = time.monotonic_ns()
    tally.end_ns = tally.begin_ns + round(arguments.seconds * 1e9)
    await asyncio.sleep(arguments.seconds)
    after = await control.ask("mark", profile=False)
    idle = Idle.now()

    await asyncio.sleep(DRAIN_S)
    stop.set()
    await driver
    for leg in legs:
        leg.close()
    await control.close()

    forwarded = after["forwarded"] - before["forwarded"]
    seconds = after["at_s"] - before["at_s"]
    both = sorted([*tally.delays_ns["audio"], *tally.delays_ns["video"]])
    voice = sorted(tally.delays_ns["audio"])
    return {
        "cpu_us_per_packet": round((after["cpu_s"] - before["cpu_s"]) * 1e6 / max(1, forwarded), 1),
        "packets_per_s": round(forwarded / seconds),
        "lost": tally.sent - tally.received,
        "sent": tally.sent,
        "added_delay_ms_p50": _added_ms(both, 0.5, baseline_ns),
        "added_delay_ms_p99": _added_ms(both, 0.99, baseline_ns),
        "voice_added_delay_ms_p50": _added_ms(voice, 0.5, baseline_ns),
        "voice_added_delay_ms_p99": _added_ms(voice, 0.99, baseline_ns),
        "rss_mib": round(after["rss_mib"], 1),
        "legs": legs_count,
        "seconds": round(seconds, 1),
        "video_kbps_per_leg": round(VIDEO_BYTES * 8 / rates.video_interval_s / 1000),
        "estimate_kbps_min": after["estimate_kbps"][0],
        "python": platform.python_version(),
        "machine": describe(),
        "engine_core_idle": round(idle.share_since(idle_before, f"cpu{cores[0]}"), 2),
        "idle": round(idle.share_since(idle_before), 2),
    }


def _added_ms(delays_ns: Sequence[int] | array[int], share: float, baseline_ns: float) -> float | None:
    if not delays_ns:
        return None
    return round((delays_ns[min(len(delays_ns) - 1, int(share * len(delays_ns)))] - baseline_ns) / 1e6, 2)


def _arguments(values: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forward", description=__doc__.split("\n")[0])
    parser.add_argument("--calls", type=int, default=25, help="two-party calls (default 25)")
    parser.add_argument("--seconds", type=float, default=15.0, help="length of the window (default 15)")
    parser.add_argument(
        "--packets-per-second", type=float, default=6_500.0, help="sent by all legs together (default 6500)"
    )
    parser.add_argument("--warm-up", type=float, default=5.0, help="seconds before the window (default 5)")
    parser.add_argument(
        "--start-kbps", type=int, default=4_000, help="what each downlink is taken to carry (default 4000)"
    )
    parser.add_argument("--profile", action="store_true", help="cProfile of the window, on standard error")
    return parser.parse_args(values)


def main() -> None:
    """Measure, and print one line."""
    arguments = _arguments()
    cores = sorted(os.sched_getaffinity(0))
    if arguments.calls < 1 or arguments.seconds <= 0:
        raise SystemExit("benchmarks.forward needs at least one call and a window longer than 0 s")
    try:
        rates_for(arguments.packets_per_second, 2 * arguments.calls)
    except ValueError as error:
        raise SystemExit(f"benchmarks.forward: {error}") from None
    # The legs keep off the engine's core where there is another.
    os.sched_setaffinity(0, set(cores[1:]) or set(cores))
    nice = raise_priority()
    print(json.dumps(uvloop.run(measure(arguments, cores)) | {"nice": nice}))


if __name__ == "__main__":
    main()
