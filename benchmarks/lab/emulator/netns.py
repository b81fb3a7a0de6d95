"""Network namespaces of the lab: makes, enters and removes them.

Owns: the names. Each contains the process id and the start time of the process that made it, which tells the
leftovers of a killed run from the namespaces of a living one. Must never change the addresses, routes or rules of
the namespace in which it was started. Linux only; needs root.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "keneya-lab"
RUN_DIRECTORY = Path("/run/netns")
TUN_DEVICE = Path("/dev/net/tun")
CLONE_NEWNET = 0x40000000  # linux/sched.h
START_TIME_FIELD = 19  # field 22 of proc(5) stat, counted after the closing bracket of the name

_libc = ctypes.CDLL(None, use_errno=True)


def missing_privilege() -> str | None:
    """Why no namespaces and TUN devices can be made here, in one sentence; None if they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not os.access(TUN_DEVICE, os.R_OK | os.W_OK):
        return f"{TUN_DEVICE} is missing or may not be opened"
    return None


def start_time(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None if there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(stat.rpartition(")")[2].split()[START_TIME_FIELD])


def own_name(side: str) -> str:
    """The name of this process' namespace for one side of the link."""
    return f"{PREFIX}-{os.getpid()}-{start_time(os.getpid())}-{side}"


def ip(*arguments: str) -> None:
    """Run iproute2. Raises CalledProcessError with its output."""
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


def add(name: str) -> None:
    """Make a namespace with a working loopback."""
    ip("netns", "add", name)
    ip("-n", name, "link", "set", "lo", "up")


def remove(name: str) -> None:
    """Remove a namespace's name if it is there; the namespace ends with the last process in it."""
    path = RUN_DIRECTORY / name
    try:
        if path.exists():
            ip("netns", "delete", name)
    except subprocess.CalledProcessError:
        if path.exists():  # if not, another run has just removed it
            raise


def sweep() -> list[str]:
    """Remove the namespaces of lab processes that have ended; returns their names."""
    leftovers = [path.name for path in RUN_DIRECTORY.glob(f"{PREFIX}-*") if not _maker_lives(path.name)]
    for name in leftovers:
        remove(name)
    return leftovers


@contextmanager
def inside(name: str) -> Iterator[None]:
    """Move the calling thread into another network namespace for the length of the block."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        target = os.open(RUN_DIRECTORY / name, os.O_RDONLY)
        try:
            _setns(target)
            try:
                yield
            finally:
                _setns(home)
        finally:
            os.close(target)
    finally:
        os.close(home)


def _setns(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _maker_lives(name: str) -> bool:
    pid, _, rest = name.removeprefix(f"{PREFIX}-").partition("-")
    born, _, _ = rest.partition("-")
    return pid.isdigit() and born.isdigit() and start_time(int(pid)) == int(born)
