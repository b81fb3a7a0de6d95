"""The process that is the link: two namespaces, two TUN devices, one loop between them.

Owns: the namespaces ``near`` (the station's) and ``far`` (the server's and the clinician's) from start to end, the
TUN devices in them, and the moving of packets by the rules of link.py. No process that does anything else may run
its loop: packets wait while anything else runs. emulator.py starts it. It reads commands as lines on standard
input, and answers each with one line of JSON:

    open    no shaping (for quick preparation)
    shape   apply the configured conditions
    mark    set the counters and the schedule's clock to zero: the measured window begins
    stats   the counters since the last mark
    (end of input, SIGTERM or SIGINT: clean up and exit)
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import random
import select
import signal
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.lab.emulator import netns
from benchmarks.lab.emulator.link import MS_PER_S, OPEN, Link
from benchmarks.lab.emulator.profiles import Conditions
from benchmarks.lab.emulator.schedule import Change, Schedule

# linux/if_tun.h: makes a device that carries IP packets without another header.
TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000

# Chromium takes devices named tun* for a VPN and considers itself offline.
DEVICE = "eth0"
MTU_BYTES = 1500
NEAR_ADDRESS = "10.77.0.2"
FAR_ADDRESS = "10.77.0.1"
PREFIX_LENGTH = 24
# Higher than every ordinary process, lower than the kernel's threads: a busy browser must not delay the link.
REALTIME_PRIORITY = 10
# Commands are single short words; this is one page of memory.
COMMANDS_MAX_BYTES = 4096


def open_tun(namespace: str, address: str) -> int:
    """Make the TUN device of one side and return its descriptor, non-blocking."""
    with netns.inside(namespace):
        descriptor = os.open(netns.TUN_DEVICE, os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
        # The lab uses IPv4 only; router solicitations would load a thin link.
        Path(f"/proc/sys/net/ipv6/conf/{DEVICE}/disable_ipv6").write_text("1")
    netns.ip("-n", namespace, "address", "add", f"{address}/{PREFIX_LENGTH}", "dev", DEVICE)
    netns.ip("-n", namespace, "link", "set", DEVICE, "mtu", str(MTU_BYTES), "up")
    # A browser without a default route considers itself offline.
    netns.ip("-n", namespace, "route", "add", "default", "dev", DEVICE)
    return descriptor


class Direction:
    """One direction of the emulator: from one TUN device to the other."""

    def __init__(self, source: int, target: int, link: Link) -> None:
        self.link = link
        self._source = source
        self._target = target

    def take(self) -> None:
        """Read all packets that the kernel holds for this device."""
        while True:
            try:
                packet = os.read(self._source, MTU_BYTES)
            except BlockingIOError:
                return
            self.link.offer(time.monotonic(), packet)

    def hand_over(self, now_s: float) -> None:
        """Write the packets that have arrived by now."""
        for packet in self.link.due(now_s):
            os.write(self._target, packet)


class TunLoop:
    """The loop between two TUN devices."""

    def __init__(self, near: int, far: int, schedule: Schedule, seed: int, *, realtime: bool) -> None:
        self._schedule = schedule
        self._down = Direction(far, near, Link(OPEN, random.Random(f"{seed} down")))
        self._up = Direction(near, far, Link(OPEN, random.Random(f"{seed} up")))
        self._sources = {far: self._down.take, near: self._up.take}
        self._moments_s: list[float] = []
        self._marked_s = time.monotonic()
        self._marked_cpu_s = time.process_time()
        self._realtime = realtime
        self._unfinished = b""
        self._commands: dict[str, Callable[[], dict[str, Any]]] = {
            "open": self._open,
            "shape": self._shape,
            "mark": self._mark,
            "stats": self._stats,
        }

    def run(self) -> None:
        """Move packets until standard input ends."""
        control = sys.stdin.fileno()
        while True:
            now_s = time.monotonic()
            self._follow_schedule(now_s)
            self._down.hand_over(now_s)
            self._up.hand_over(now_s)
            readable, _, _ = select.select([*self._sources, control], [], [], self._wait_s())
            for descriptor in readable:
                if descriptor != control:
                    self._sources[descriptor]()
                elif not self._obey(os.read(control, COMMANDS_MAX_BYTES)):
                    return

    def _wait_s(self) -> float | None:
        """The time until the next event; None if there is none."""
        next_s = min(self._down.link.next_event_s(), self._up.link.next_event_s())
        if self._moments_s:
            next_s = min(next_s, self._marked_s + self._moments_s[0])
        return None if math.isinf(next_s) else max(0.0, next_s - time.monotonic())

    def _follow_schedule(self, now_s: float) -> None:
        elapsed_s = now_s - self._marked_s
        while self._moments_s and self._moments_s[0] <= elapsed_s:
            self._apply(self._schedule.conditions_at(self._moments_s.pop(0)))

    def _apply(self, conditions: Conditions) -> None:
        now_s = time.monotonic()
        self._down.link.reshape(now_s, conditions.down())
        self._up.link.reshape(now_s, conditions.up())

    def _obey(self, received: bytes) -> bool:
        """Carry out the received commands; False at the end of input."""
        *lines, self._unfinished = (self._unfinished + received).split(b"\n")
        for line in lines:
            self._answer(line.decode().strip())
        return bool(received)

    def _answer(self, command: str) -> None:
        action = self._commands.get(command)
        answer = action() if action else {"error": f"unknown command '{command}'"}
        print(json.dumps(answer), flush=True)

    def _open(self) -> dict[str, Any]:
        now_s = time.monotonic()
        self._moments_s = []
        self._down.link.reshape(now_s, OPEN)
        self._up.link.reshape(now_s, OPEN)
        return {}

    def _shape(self) -> dict[str, Any]:
        self._apply(self._schedule.base)
        return {}

    def _mark(self) -> dict[str, Any]:
        self._marked_s = time.monotonic()
        self._marked_cpu_s = time.process_time()
        self._moments_s = self._schedule.moments_s()
        self._down.link.reset_tally()
        self._up.link.reset_tally()
        return {}

    def _stats(self) -> dict[str, Any]:
        window_s = time.monotonic() - self._marked_s
        return {
            "down": self._down.link.tally.summary(window_s),
            "up": self._up.link.tally.summary(window_s),
            "window_s": round(window_s, 3),
            "cpu_ms": round((time.process_time() - self._marked_cpu_s) * MS_PER_S, 1),
            "realtime": self._realtime,
        }


def read_schedule(text: str) -> Schedule:
    """The schedule as emulator.py wrote it."""
    document = json.loads(text)
    return Schedule(Conditions(**document["base"]), [Change(**change) for change in document["changes"]])


def ask_for_realtime() -> bool:
    """Ask the kernel for real-time scheduling; False if the machine does not allow it."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(REALTIME_PRIORITY))
    except OSError:
        return False
    return True


def _leave(signal_number: int, _frame: object) -> None:
    raise SystemExit(128 + signal_number)  # the shell's convention for "ended by a signal"


def main() -> None:
    """Make the link, print its namespaces, move packets, and remove the link at the end."""
    schedule, seed = read_schedule(sys.argv[1]), int(sys.argv[2])
    netns.sweep()
    near, far = netns.own_name("near"), netns.own_name("far")
    made: list[str] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        for name in (near, far):
            made.append(name)
            netns.add(name)
        near_tun, far_tun = open_tun(near, NEAR_ADDRESS), open_tun(far, FAR_ADDRESS)
        loop = TunLoop(near_tun, far_tun, schedule, seed, realtime=ask_for_realtime())
        print(json.dumps({"near": near, "far": far}), flush=True)
        loop.run()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for name in made:
            netns.remove(name)


if __name__ == "__main__":
    main()
