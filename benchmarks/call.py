"""`python -m benchmarks.call`: one consultation over an emulated link, measured on both sides.

Owns: the command line. Prints one line of JSON. Where the machine or the options do not allow a measurement, it
prints one line on standard error and exits with status 2.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.async_api import Error as PlaywrightError

from benchmarks.lab import browser
from benchmarks.lab.emulator import netns
from benchmarks.lab.emulator.emulator import EmulatorFailed
from benchmarks.lab.emulator.loss import make_loss
from benchmarks.lab.emulator.profiles import PROFILES, Conditions
from benchmarks.lab.emulator.schedule import BadSchedule, Schedule, parse_change
from benchmarks.lab.plan import Plan
from benchmarks.lab.run import run
from benchmarks.lab.senses.media import MediaUnavailable
from benchmarks.lab.senses.picture import PICTURES
from benchmarks.lab.systems.janus import Janus, missing_janus
from benchmarks.lab.systems.keneya import Keneya
from benchmarks.lab.systems.mediarelay import MediaRelay
from benchmarks.lab.systems.p2p import PeerToPeer
from benchmarks.lab.systems.process import ProcessFailed
from benchmarks.lab.systems.system import System

FAILED = 1
REFUSED = 2
INTERRUPTED = 130  # the shell's convention for Ctrl-C
# Failures of what is measured, not of the lab itself.
FAILURES = (EmulatorFailed, MediaUnavailable, PlaywrightError, ProcessFailed)
# The base for --down and --up when no profile is named: a link without delay or loss.
PLAIN = Conditions(down_kbps=1000, up_kbps=1000, rtt_ms=0)
SYSTEMS: dict[str, Callable[[], System]] = {
    system.name: system for system in (Keneya, PeerToPeer, Janus, MediaRelay)
}


class Refused(Exception):
    """This call cannot be measured; the text says why."""


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.call", description=__doc__)
    parser.add_argument("--profile", choices=PROFILES, help="a link by name; the options below change it")
    parser.add_argument("--system", choices=SYSTEMS, default="keneya")
    parser.add_argument("--seconds", type=_amount, default=30.0, help="length of the measured window")
    parser.add_argument("--settle", type=_amount, default=5.0, help="seconds of call before the window")
    parser.add_argument("--down", type=_amount, help="kbit/s of IP towards the station")
    parser.add_argument("--up", type=_amount, help="kbit/s of IP from the station")
    parser.add_argument("--rtt", type=_amount, help="ms, half of it each way")
    parser.add_argument("--loss", type=_amount, help="percent of packets each way")
    parser.add_argument(
        "--burst", type=_amount, help="mean packets in a burst of losses (default: no bursts)"
    )
    parser.add_argument("--jitter", type=_amount, help="ms, standard deviation each way")
    parser.add_argument("--queue", type=_amount, help="ms a packet may wait for the link (default 400)")
    parser.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="TIME[..TIME]:key=value,...",
        help="a change during the window, e.g. 10:down=20,up=20 or 30..35:down=0,up=0",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--picture", choices=PICTURES, default="talk")
    parser.add_argument(
        "--still",
        type=_amount,
        metavar="S",
        help="the doctor asks for a sharp picture this many seconds into the window",
    )
    parser.add_argument("--screenshots", type=Path, metavar="DIR", help="save both pages' pictures there")
    return parser.parse_args(arguments)


def schedule_of(options: argparse.Namespace) -> Schedule:
    """The link that the options describe. Raises Refused."""
    wished = {
        "down_kbps": options.down,
        "up_kbps": options.up,
        "rtt_ms": options.rtt,
        "loss_percent": options.loss,
        "burst_packets": options.burst,
        "jitter_ms": options.jitter,
        "queue_ms": options.queue,
    }
    base = PROFILES.get(options.profile, PLAIN)
    base = replace(base, **{key: value for key, value in wished.items() if value is not None})
    try:
        schedule = Schedule(base, [parse_change(text) for text in options.at])
        for moment_s in (0.0, *schedule.moments_s()):
            shape = schedule.conditions_at(moment_s).down()
            make_loss(shape.loss, shape.burst_packets, random.Random(0))
    except BadSchedule as error:
        raise Refused(f"--at {error}") from None
    except ValueError as error:
        raise Refused(str(error)) from None
    return schedule


def refuse_if_impossible(system: str = Keneya.name) -> None:
    """Raise Refused where this machine cannot run the lab with a system."""
    missing = [netns.missing_privilege(), browser.missing_browser()]
    missing += [missing_janus()] if system == Janus.name else []
    missing += [f"'{tool}' is not installed" for tool in ("ip", "espeak-ng") if not shutil.which(tool)]
    for reason in missing:
        if reason is not None:
            raise Refused(reason)


async def _until_signalled(system: System, plan: Plan) -> dict[str, Any]:
    task = asyncio.current_task()
    assert task is not None
    # SIGINT too: a shell script starts background processes with SIGINT ignored, and Python keeps that.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await run(system, plan)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure one call; returns the exit status."""
    options = parse_arguments(arguments)
    try:
        schedule = schedule_of(options)
        refuse_if_impossible(options.system)
    except Refused as refusal:
        print(f"benchmarks.call: {refusal}", file=sys.stderr)
        return REFUSED
    if options.screenshots is not None:
        options.screenshots.mkdir(parents=True, exist_ok=True)
    plan = Plan(
        schedule,
        options.seconds,
        options.settle,
        options.seed,
        options.picture,
        options.screenshots,
        options.still,
    )
    try:
        result = asyncio.run(_until_signalled(SYSTEMS[options.system](), plan))
    except (asyncio.CancelledError, KeyboardInterrupt):
        return INTERRUPTED  # all contexts have closed before this line
    except FAILURES as failure:
        print(f"benchmarks.call: {type(failure).__name__}: {failure}", file=sys.stderr)
        return FAILED
    print(json.dumps({"profile": options.profile, **result}))
    return 0


def _amount(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is below zero or without end")
    return value


if __name__ == "__main__":
    sys.exit(main())
