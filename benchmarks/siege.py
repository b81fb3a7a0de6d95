"""`python -m benchmarks.siege`: what honest pages and calls notice while one address besieges the server.

Owns: the command line, the two processes (the whole server on one core; calls, pages and attackers on another) and
the line of JSON. Twenty synthetic two-party calls go on, twenty signed-in pages come again and again; meanwhile one
address holds idle and slow connections, opens sockets without a hello, guesses passwords, throws junk at the media
port, and a participant floods the first call with voice packets. The first half of the window has no attack: the
line holds the same values of it under ``calm``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import statistics
import tempfile
import time
from typing import Any

import uvloop

from benchmarks.forward import DRAIN_S, SEED, connect_calls, loopback_baseline_ns, more, thin_rates
from benchmarks.forward import third_in_the_first_call as flooding_participant
from benchmarks.peers.attacker import PACKETS_PER_S
from benchmarks.peers.besiegers import Besiegers, Served, honest_page
from benchmarks.peers.engine_control import EngineControl
from benchmarks.peers.host import Idle, describe, raise_priority
from benchmarks.peers.load import Participant, Tally, drive

CALLS = 20
HONEST_PAGES = 20
VIDEO_KBPS = 60.0
# The generator holds thousands of connections.
FILES = 16_384


async def siege(seconds: float, cores: list[int]) -> dict[str, Any]:
    """Run it once; returns the values of the JSON line."""
    with tempfile.TemporaryDirectory(prefix="keneya-siege-") as folder:
        control = await EngineControl.start_program(
            "benchmarks.peers.siege_server", "--core", str(cores[0]), "--folder", folder
        )
        tokens = (await control.ask("people", count=HONEST_PAGES))["tokens"]
        port = control.greeting["http_port"]
        url = f"http://127.0.0.1:{port}"
        baseline_ns = await loopback_baseline_ns(control.echo_port)
        legs = await connect_calls(control, CALLS)
        attackers = await flooding_participant(control, PACKETS_PER_S)
        rates = thin_rates(VIDEO_KBPS, 0.0)
        rng = random.Random(SEED)
        values: dict[str, Any] = {}
        for phase in ("calm", "siege"):
            besiegers = Besiegers(url, port, legs[0].server) if phase == "siege" else None
            tally, served = Tally(), Served()
            sources = [Participant(leg, rates, tally, rng) for leg in legs]
            stop = asyncio.Event()
            pages = [asyncio.create_task(honest_page(url, token, served, stop)) for token in tokens]
            driver = asyncio.create_task(drive([*sources, *(attackers if besiegers else [])], stop))
            if besiegers is not None:
                besiegers.begin()
            values[phase] = await _window(control, seconds, tally)
            stop.set()
            await asyncio.gather(driver, *pages)
            if besiegers is not None:
                await besiegers.close()
            values[phase] |= _of(tally, served, baseline_ns)
        await control.close()
        for leg in legs:
            leg.close()
        for attacker in attackers:
            attacker.close()
    besieged: dict[str, Any] = values.pop("siege")
    return besieged | values


async def _window(control: EngineControl, seconds: float, tally: Tally) -> dict[str, Any]:
    await asyncio.sleep(2.0)  # until everything has begun
    idle_before, before = Idle.now(), await control.ask("mark", profile=False)
    tally.begin_ns = time.monotonic_ns()
    tally.end_ns = tally.begin_ns + round(seconds * 1e9)
    await asyncio.sleep(seconds)
    after = await control.ask("mark", profile=False)
    idle = Idle.now().share_since(idle_before)
    await asyncio.sleep(DRAIN_S)
    return {
        "rss_growth_mib": round(after["rss_mib"] - before["rss_mib"], 1),
        "cpu_share": round((after["cpu_s"] - before["cpu_s"]) / (after["at_s"] - before["at_s"]), 3),
        "refused": more(before["refused"], after["refused"]),
        "idle": round(idle, 2),
    }


def _of(tally: Tally, served: Served, baseline_ns: float) -> dict[str, Any]:
    delays = sorted([*tally.delays_ns["audio"], *tally.delays_ns["video"]])
    times = sorted(served.times_ms)
    p99_ms = (delays[int(0.99 * (len(delays) - 1))] - baseline_ns) / 1e6 if delays else None
    return {
        "honest_served_ratio": round(served.answered / max(1, served.asked), 4),
        "honest_p50_ms": round(statistics.median(times), 1) if times else None,
        "honest_p95_ms": round(times[int(0.95 * (len(times) - 1))], 1) if times else None,
        "honest_asked": served.asked,
        "voice_lost": tally.lost_voice,
        "lost": tally.lost,
        "sent": tally.sent,
        "added_delay_ms_p99": round(p99_ms, 2) if p99_ms is not None else None,
    }


def main() -> None:
    """Measure, and print one line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.siege", description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each half (default 20)")
    arguments = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, set(cores[1:]) or set(cores))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard) if hard > 0 else FILES, hard))
    nice = raise_priority()
    line = uvloop.run(siege(arguments.seconds, cores))
    print(json.dumps(line | {"machine": describe(), "nice": nice, "seconds": arguments.seconds}))


if __name__ == "__main__":
    main()
