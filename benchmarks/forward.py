"""`python -m benchmarks.forward`: the cost of a forwarded packet, and how many calls one core carries.

Owns: the command line, the two processes (the engine alone on one core, synthetic legs on another) and the line
of JSON. Two-party calls; each leg sends voice and video at a fixed rate, transport-wide feedback, reports, and now
and then a NACK and a keyframe request. CPU is user and system time of the engine's process in the window, divided
by the RTP packets that the engine sends in the window.

Without ``--calls``, few calls send many packets: this measures the cost of a packet. With it, each leg sends what a
thin link carries (voice with redundancy, a small picture), and each link loses packets in both directions: this
measures the cost of a call. ``--search`` finds the most calls that hold the aim. With ``--attacker``, a third
participant floods the first call.

The engine's estimate of each downlink starts at ``--start-kbps``, as on a known link. This benchmark does not
measure the growth of the estimate, and the pacer holds video back until the estimate has grown.
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
import time
from array import array
from collections.abc import Sequence
from typing import Any

import uvloop

from benchmarks.peers.attacker import PACKETS_PER_S as ATTACK_PACKETS_PER_S
from benchmarks.peers.attacker import Attacker
from benchmarks.peers.capacity import most_calls
from benchmarks.peers.engine_control import EngineControl
from benchmarks.peers.host import Idle, describe, raise_priority
from benchmarks.peers.load import STAMP, Participant, Rates, Tally, drive
from benchmarks.peers.synthetic import SyntheticLeg

# 60 ms of Opus at 16 kbit/s.
VOICE_INTERVAL_S = 0.06
VOICE_BYTES = 120
# libwebrtc fills video packets to about 1,100 bytes.
VIDEO_BYTES = 1_100
FRAME_PACKETS = 5
FAT_CALLS = 25
FAT_PACKETS_PER_S = 6_500.0
# On a thin link a frame is one packet: ten a second of 750 bytes are 60 kbit/s.
THIN_VIDEO_KBPS = 60.0
THIN_FRAMES_PER_S = 10.0
THIN_LOSS = 0.02
# The aim of a search, besides no lost packet: a delay in the relay that nobody hears.
AIM_P99_MS = 10.0
FIRST_TRIED_CALLS = 100
# Below this idle share the legs themselves are late at times, and their lateness is part of the delay.
BUSY_IDLE = 0.15
# Legs connect this many at a time: a handshake costs milliseconds.
CONNECT_TOGETHER = 10
ECHOES = 200
ECHO_INTERVAL_S = 0.005
DRAIN_S = 1.5
SEED = 5764


async def loopback_baseline_ns(port: int) -> float:
    """Median round trip of a datagram that the engine's process echoes from its event loop."""
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
    """The rates of a leg: its voice, and enough video for `packets_per_second` over all legs."""
    video_per_s = packets_per_second / legs - 1 / VOICE_INTERVAL_S
    if video_per_s < 1:
        raise ValueError("the voices of all legs alone send more packets than that")
    return Rates(VOICE_INTERVAL_S, VOICE_BYTES, 1 / video_per_s, VIDEO_BYTES, FRAME_PACKETS)


def thin_rates(video_kbps: float, loss: float) -> Rates:
    """What a leg sends on a thin link: voice with redundancy (RED), and a picture of `video_kbps`."""
    frame_bytes = round(video_kbps * 1000 / 8 / THIN_FRAMES_PER_S)
    return Rates(VOICE_INTERVAL_S, VOICE_BYTES, 1 / THIN_FRAMES_PER_S, frame_bytes, 1, loss, red=True)


async def measure(
    arguments: argparse.Namespace, cores: Sequence[int], calls: int, rates: Rates
) -> dict[str, Any]:
    """Run `calls` once; returns the values of the JSON line."""
    legs_count = 2 * calls
    control = await EngineControl.start(cores[0], arguments.start_kbps, arguments.profile)
    baseline_ns = await loopback_baseline_ns(control.echo_port)
    legs = await connect_calls(control, calls)
    tally = Tally()
    rng = random.Random(SEED)
    participants = [Participant(leg, rates, tally, rng) for leg in legs]
    attackers = await third_in_the_first_call(control, arguments.attack_packets_per_s)
    stop = asyncio.Event()
    driver = asyncio.create_task(drive([*participants, *attackers], stop))
    await asyncio.sleep(arguments.warm_up)

    idle_before = Idle.now()
    before = await control.ask("mark", profile=True)
    attacked = -sum(attacker.sent for attacker in attackers)
    tally.begin_ns = time.monotonic_ns()
    tally.end_ns = tally.begin_ns + round(arguments.seconds * 1e9)
    await asyncio.sleep(arguments.seconds)
    after = await control.ask("mark", profile=False)
    attacked += sum(attacker.sent for attacker in attackers)
    idle = Idle.now()

    await asyncio.sleep(DRAIN_S)
    stop.set()
    await driver
    await control.close()  # the engine says goodbye to the legs
    for leg in legs:
        leg.close()
    for attacker in attackers:
        attacker.close()

    forwarded = after["forwarded"] - before["forwarded"]
    seconds = after["at_s"] - before["at_s"]
    cpu_s = after["cpu_s"] - before["cpu_s"]
    generator_idle = idle.share_since(idle_before, f"cpu{cores[-1]}")
    both = sorted([*tally.delays_ns["audio"], *tally.delays_ns["video"]])
    voice, video = sorted(tally.delays_ns["audio"]), sorted(tally.delays_ns["video"])
    return {
        "calls": calls,
        "cpu_us_per_packet": round(cpu_s * 1e6 / max(1, forwarded), 1),
        "cpu_share": round(cpu_s / seconds, 3),
        "packets_per_s": round(forwarded / seconds),
        "lost": tally.lost,
        "sent": tally.sent,
        "taken_by_links": len(tally.taken),
        "added_delay_ms_p50": _added_ms(both, 0.5, baseline_ns),
        "added_delay_ms_p99": _added_ms(both, 0.99, baseline_ns),
        "voice_added_delay_ms_p50": _added_ms(voice, 0.5, baseline_ns),
        "voice_added_delay_ms_p99": _added_ms(voice, 0.99, baseline_ns),
        "video_added_delay_ms_p50": _added_ms(video, 0.5, baseline_ns),
        "video_added_delay_ms_p99": _added_ms(video, 0.99, baseline_ns),
        "rss_mib": round(after["rss_mib"], 1),
        "legs": legs_count,
        "seconds": round(seconds, 1),
        "video_kbps_per_leg": round(rates.video_bytes * 8 / rates.video_interval_s / 1000),
        "estimate_kbps_min": after["estimate_kbps"][0],
        "attacker_packets": attacked,
        "refused": more(before["refused"], after["refused"]),
        "python": platform.python_version(),
        "machine": describe(),
        "engine_core_idle": round(idle.share_since(idle_before, f"cpu{cores[0]}"), 2),
        "generator_core_idle": round(generator_idle, 2),
        "generator_was_bottleneck": generator_idle < BUSY_IDLE,
        "idle": round(idle.share_since(idle_before), 2),
    }


async def third_in_the_first_call(control: EngineControl, packets_per_s: float) -> list[Attacker]:
    """Somebody who joins the first call and floods it; nobody without a rate."""
    if not packets_per_s:
        return []
    leg = SyntheticLeg(seed=SEED - 1)
    reply = await control.ask("open", leg="attacker", offer=leg.offer)
    await leg.connect(reply["answer"])
    await control.ask("join", room="call0", leg="attacker")
    return [Attacker(leg, packets_per_s)]


def more(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """By how much each count has grown."""
    return {reason: more for reason, count in after.items() if (more := count - before.get(reason, 0))}


def _added_ms(delays_ns: Sequence[int] | array[int], share: float, baseline_ns: float) -> float | None:
    if not delays_ns:
        return None
    return round((delays_ns[min(len(delays_ns) - 1, int(share * len(delays_ns)))] - baseline_ns) / 1e6, 2)


async def search(arguments: argparse.Namespace, cores: Sequence[int], rates: Rates) -> dict[str, Any]:
    """Find the most calls that hold the aim; prints the result of every number that was tried."""

    async def holds(calls: int) -> bool:
        line = await measure(arguments, cores, calls, rates)
        held = line["lost"] == 0 and (line["added_delay_ms_p99"] or 0.0) <= AIM_P99_MS
        print(json.dumps({"tried": calls, "held": held} | line), flush=True)
        return held

    return {"most_calls": await most_calls(holds, FIRST_TRIED_CALLS), "aim_p99_ms": AIM_P99_MS}


def _arguments(values: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forward", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--calls", type=int, help=f"thin two-party calls (default: {FAT_CALLS} calls of many packets)"
    )
    parser.add_argument(
        "--search", action="store_true", help=f"the most thin calls with p99 <= {AIM_P99_MS:g} ms, none lost"
    )
    parser.add_argument("--seconds", type=float, default=15.0, help="length of the window (default 15)")
    parser.add_argument(
        "--packets-per-second",
        type=float,
        help=f"sent by all legs together, instead of a thin picture (without --calls {FAT_PACKETS_PER_S:g})",
    )
    parser.add_argument(
        "--video-kbps",
        type=float,
        default=THIN_VIDEO_KBPS,
        help="picture of a thin call (default %(default)g)",
    )
    parser.add_argument(
        "--loss",
        type=float,
        default=THIN_LOSS,
        help="of each link of a thin call, each way (default %(default)g)",
    )
    parser.add_argument("--warm-up", type=float, default=5.0, help="seconds before the window (default 5)")
    parser.add_argument(
        "--start-kbps", type=int, default=4_000, help="first estimate of each downlink (default 4000)"
    )
    parser.add_argument(
        "--attacker",
        dest="attack_packets_per_s",
        type=float,
        nargs="?",
        const=ATTACK_PACKETS_PER_S,
        default=0.0,
        help="a third participant of the first call sends so many voice packets of 1.1 kB a second "
        "(default %(const)g)",
    )
    parser.add_argument("--profile", action="store_true", help="cProfile of the window, on standard error")
    return parser.parse_args(values)


def plan(arguments: argparse.Namespace) -> tuple[int, Rates]:
    """How many calls, and what each leg sends. Raises ValueError for options that exclude each other."""
    calls = FAT_CALLS if arguments.calls is None else arguments.calls
    if calls < 1 or arguments.seconds <= 0:
        raise ValueError("at least one call, and a window longer than 0 s")
    thin = arguments.calls is not None or arguments.search
    if arguments.packets_per_second is None and thin:
        return calls, thin_rates(arguments.video_kbps, arguments.loss)
    return calls, rates_for(arguments.packets_per_second or FAT_PACKETS_PER_S, 2 * calls)


def main() -> None:
    """Measure, and print one line; a search prints one line per number of calls, and the answer."""
    arguments = _arguments()
    cores = sorted(os.sched_getaffinity(0))
    try:
        calls, rates = plan(arguments)
    except ValueError as error:
        raise SystemExit(f"benchmarks.forward: {error}") from None
    # The legs leave the engine's core alone if there is another one.
    os.sched_setaffinity(0, set(cores[1:]) or set(cores))
    nice = raise_priority()
    run = search(arguments, cores, rates) if arguments.search else measure(arguments, cores, calls, rates)
    print(json.dumps(uvloop.run(run) | {"nice": nice}))


if __name__ == "__main__":
    main()
