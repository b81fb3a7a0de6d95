"""What is read from /proc."""

import asyncio
import os
import sys

from benchmarks.lab import machine

# Burns processor time in a grandchild too, then waits to be let go.
BURN = """
import subprocess, sys, time
burn = "import time\\nwhile time.process_time() < 0.3: pass\\nprint(flush=True)\\ninput()"
child = subprocess.Popen([sys.executable, "-c", burn], stdin=sys.stdin, stdout=subprocess.PIPE)
child.stdout.readline()
while time.process_time() < 0.3: pass
print(flush=True)
child.wait()
"""


async def test_the_cost_of_a_tree_counts_children_too():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BURN, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    cost_s = machine.tree_cpu_s(process.pid)
    await process.communicate(b"\n")
    assert cost_s >= 0.58  # two times 0.3, counted in ticks of 10 ms


def test_a_process_that_is_not_there_costs_nothing():
    assert machine.tree_cpu_s(2**22 + 1) == 0


def test_idle_is_a_share_of_what_passed():
    earlier, later = machine.CpuTimes(idle=100, total=1000), machine.CpuTimes(idle=150, total=1200)
    assert later.idle_share_since(earlier) == 0.25
    assert earlier.idle_share_since(earlier) == 0


def test_the_machines_clock_of_ticks_goes_on():
    before = machine.cpu_times()
    while machine.cpu_times().total == before.total:
        os.getpid()
    assert 0 <= machine.cpu_times().idle_share_since(before) <= 1
