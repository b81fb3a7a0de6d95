"""The machine of a measurement: its hardware, its idle time, and the processor time of a tree of processes.

Owns: the reading of /proc. Every result of a benchmark contains these values, since absolute times differ between
machines.
"""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.lab.browser import CHROMIUM

PROC = Path("/proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# Fields of proc(5) stat, counted after the closing bracket of the name: parent; user and system time of the
# process, and of its children that ended.
PARENT_FIELD = 1
CPU_FIELDS = slice(11, 15)


@dataclass(frozen=True)
class CpuTimes:
    """Processor time of the whole machine since boot, in clock ticks."""

    idle: int
    total: int

    def idle_share_since(self, earlier: CpuTimes) -> float:
        """The idle share of all processors between two readings, 0 to 1."""
        return (self.idle - earlier.idle) / max(1, self.total - earlier.total)


def cpu_times() -> CpuTimes:
    """Read the machine's processor time now."""
    fields = [int(value) for value in (PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle, waiting_for_disk = fields[3], fields[4]
    return CpuTimes(idle + waiting_for_disk, sum(fields))


def tree_cpu_s(root_pid: int) -> float:
    """Processor seconds that a process and its descendants have used so far."""
    stats = _stats()
    children: dict[int, list[int]] = {}
    for pid, fields in stats.items():
        children.setdefault(int(fields[PARENT_FIELD]), []).append(pid)
    pending, ticks = [root_pid], 0
    while pending:
        pid = pending.pop()
        pending += children.get(pid, [])
        ticks += sum(int(value) for value in stats.get(pid, [])[CPU_FIELDS])
    return ticks / TICKS_PER_S


def describe() -> dict[str, Any]:
    """Processor, cores, kernel and browser of this machine."""
    version = subprocess.run([CHROMIUM, "--version"], check=True, capture_output=True, text=True).stdout
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "chromium": version.strip(),
    }


def _cpu_model() -> str:
    for line in (PROC / "cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _stats() -> dict[int, list[str]]:
    stats: dict[int, list[str]] = {}
    for directory in PROC.iterdir():
        if not directory.name.isdigit():
            continue
        try:
            text = (directory / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # the process has ended since the listing
        stats[int(directory.name)] = text.rpartition(")")[2].split()
    return stats
