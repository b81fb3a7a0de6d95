"""The machine under a benchmark: the processor, its idle time core by core, a process' memory and scheduling."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
# A higher priority than other programs, a lower one than the kernel's threads.
BENCHMARK_NICE = -10
# proc(5) stat: user, nice, system, idle, iowait, irq, softirq, steal; guest times are counted in user already.
IDLE_FIELDS = (3, 4)
FIELDS = 8


@dataclass(frozen=True)
class Idle:
    """Idle and total clock ticks of each core since boot, by name (``cpu`` is the sum of all cores)."""

    ticks: dict[str, tuple[int, int]]

    @classmethod
    def now(cls) -> Idle:
        """Read the ticks from /proc/stat."""
        ticks: dict[str, tuple[int, int]] = {}
        for line in (PROC / "stat").read_text(encoding="ascii").splitlines():
            name, *values = line.split()
            if name.startswith("cpu"):
                fields = [int(value) for value in values[:FIELDS]]
                ticks[name] = (sum(fields[index] for index in IDLE_FIELDS), sum(fields))
        return cls(ticks)

    def share_since(self, earlier: Idle, name: str = "cpu") -> float:
        """The idle share of a core (or of all) between two readings, 0 to 1."""
        idle, total = (now - then for now, then in zip(self.ticks[name], earlier.ticks[name], strict=True))
        return idle / max(1, total)


def raise_priority() -> int:
    """Raise this process' priority where that is allowed: a stall would look like a full link.

    Returns the niceness that this process has after the call.
    """
    try:
        os.setpriority(os.PRIO_PROCESS, 0, BENCHMARK_NICE)
        # With autogroups, niceness counts only inside a session (sched(7)), so the group's niceness is set too.
        (PROC / "self" / "autogroup").write_text(str(BENCHMARK_NICE), encoding="ascii")
    except OSError:
        pass  # needs root, and not every kernel has autogroups; the result names the niceness in use
    return os.getpriority(os.PRIO_PROCESS, 0)


@contextmanager
def ordinary_scheduling() -> Iterator[None]:
    """Undo what a library does to the scheduling of this process' threads inside the block.

    SVT-AV1 makes itself and the thread that opens it real-time (SCHED_FIFO, 99) where it runs as root. Every child
    of that thread is then real-time, too: a browser with all its processes takes the cores from everybody else.
    """
    before = {tid: os.sched_getscheduler(tid) for tid in _threads()}
    try:
        yield
    finally:
        for tid in _threads():
            # A thread that has just ended has nothing left to undo.
            with suppress(ProcessLookupError):
                policy = before.get(tid, os.SCHED_OTHER)
                if os.sched_getscheduler(tid) != policy:
                    os.sched_setscheduler(tid, policy, os.sched_param(0))


def _threads() -> list[int]:
    return [int(path.name) for path in (PROC / "self" / "task").iterdir()]


def rss_mib(pid: int) -> float:
    """Resident memory of a process in MiB."""
    for line in (PROC / str(pid) / "status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ValueError("no VmRSS")


def describe() -> str:
    """Processor, cores and kernel in one line."""
    model = platform.machine()
    for line in (PROC / "cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}"
