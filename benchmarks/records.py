"""`python -m benchmarks.records`: the latency of queue and case with years of rows, on SQLite and on PostgreSQL.

Owns: the command line, the questions and the line of JSON. Both databases are real and durable (fsync on), made for
this run and removed after it. Each question calls the server's own service; a question that reads a case writes its
audit entry, as in the server. Questions run one after another; times are in ms. Reports cover all cases, eight
weeks of them. The aim holds for queue and case, which people wait for.

To measure another question, add it to `QUESTIONS`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console
from rich.progress import Progress

from benchmarks.house import ACTS, CLINICIANS, HISTORY_S, STATIONS, House, fill
from benchmarks.lab.postgresql import PostgresqlMissing, running_postgresql
from benchmarks.peers.host import describe
from server.audit.inspection import Filter, Inspections
from server.calls.store import DatabaseConsultationStore
from server.cases.reading.lists import CaseLists
from server.cases.store import Cases
from server.consents import Consents
from server.people.principal import Principal
from server.platform.database.engine import DbSessions, open_database, sessions_of
from server.platform.database.upgrade import upgrade
from server.platform.sealing.keyring import Keyring
from server.platform.sealing.masterkeys import GivenKeys, new_master_key, written
from server.platform.sealing.sealedrows import info_with
from server.platform.settings.config import Settings
from server.reports.period import Period
from server.reports.store import Reports
from server.trail.trail import Trail
from signaling.messages import Role

# The aim for queue and case: below this, people see no delay.
AIM_P95_MS = 100.0

COORDINATOR = Principal("ac_0", Role.COORDINATOR, "Coordinator", "")
AUDITOR = Principal("ac_1", Role.AUDITOR, "Auditor", "")


class Asked:
    """The server's services over one database, and the people and cases that the questions are about."""

    def __init__(self, house: House, database: DbSessions, keyring: Keyring) -> None:
        clock = lambda: house.now  # noqa: E731 (a clock that stands still, so that runs are alike)
        trail = Trail(clock)
        self.house = house
        # Set by a question that needs preparation: only this part of its time counts.
        self.only_s = 0.0
        self.chance = random.Random(11)
        self.store = DatabaseConsultationStore(database, trail, clock)
        self.cases = Cases(database, trail, Consents(trail, clock), clock, lambda _case, _clinician: True)
        self.lists = CaseLists(database, trail, clock, keyring)
        self.reports = Reports(database, trail, clock)
        self.inspections = Inspections(database, trail, Settings(), clock)
        today = datetime.fromtimestamp(house.now, UTC).date()
        self.period = Period(today - timedelta(seconds=HISTORY_S), today)

    def clinician(self) -> Principal:
        """A clinician drawn at random."""
        number = self.chance.randrange(CLINICIANS)
        return Principal(f"ac_{number}", Role.CLINICIAN, f"Dr {number}", "")

    def case_id(self) -> str:
        """A case drawn at random."""
        return self.house.case_id(self.chance.randrange(self.house.cases))

    async def queue(self) -> None:
        """All waiting consultations in order, as the server loads them at its start."""
        assert await self.store.load_open()

    async def expected_wait(self) -> None:
        """The expected wait of a consultation that was just requested."""
        waiting = await self.store.load_open()
        began = time.perf_counter()
        await self.store.expected_wait(self.chance.choice(waiting))
        self.only_s = time.perf_counter() - began

    async def case(self) -> None:
        """One whole case, with its audit entry."""
        await self.cases.read(self.clinician(), self.case_id())

    async def case_list(self) -> None:
        """A clinician's cases of the last two weeks, with its audit entry."""
        await self.lists.recent(self.clinician())

    async def report(self) -> None:
        """The activity report of the whole period, with its audit entry."""
        assert (await self.reports.activity(COORDINATOR, self.period, None)).rows

    async def report_of_site(self) -> None:
        """The activity report of one site."""
        await self.reports.activity(COORDINATOR, self.period, f"si_{self.chance.randrange(STATIONS)}")

    async def report_links(self) -> None:
        """The link report: every station on every day."""
        assert await self.reports.links(COORDINATOR, self.period, None)

    async def audit_page(self) -> None:
        """A hundred audit entries of one case, with the entry that this reading writes."""
        assert await self.inspections.entries(AUDITOR, Filter(case=self.case_id()))

    async def audit_act(self) -> None:
        """The newest hundred audit entries of one act, with the entry that this reading writes."""
        assert await self.inspections.entries(AUDITOR, Filter(act=self.chance.choice(ACTS)))


QUESTIONS: dict[str, Callable[[Asked], Awaitable[None]]] = {
    "queue": Asked.queue,
    "outlook": Asked.expected_wait,
    "case": Asked.case,
    "case_list": Asked.case_list,
    "report": Asked.report,
    "report_of_site": Asked.report_of_site,
    "report_links": Asked.report_links,
    "audit_page": Asked.audit_page,
    "audit_act": Asked.audit_act,
}


async def measure(url: str, house: House, repeat: int, console: Console) -> dict[str, Any]:
    """Fill this empty database and measure all questions on it."""
    engine = open_database(url)
    keyring = Keyring(GivenKeys(written(new_master_key())))
    database = sessions_of(engine, info_with(keyring))
    await upgrade(engine)
    began = time.perf_counter()
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(engine.dialect.name, total=None)
        await fill(house, database, lambda rows: progress.advance(task, rows))
    result: dict[str, Any] = {"filled_s": round(time.perf_counter() - began, 1)}
    asked = Asked(house, database, keyring)
    for name, question in QUESTIONS.items():
        result |= await _times(name, asked, question, repeat)
    await engine.dispose()
    return result | await asyncio.to_thread(_verified, url)


async def _times(
    name: str, asked: Asked, question: Callable[[Asked], Awaitable[None]], repeat: int
) -> dict[str, Any]:
    taken: list[float] = []
    # The first ten are not counted: they fill caches and prepare statements.
    for number in range(repeat + 10):
        asked.only_s = 0.0
        began = time.perf_counter()
        await question(asked)
        if number >= 10:
            taken.append(asked.only_s or time.perf_counter() - began)
    taken.sort()
    return {f"{name}_ms_p{int(p * 100)}": round(taken[int(p * len(taken))] * 1000, 2) for p in (0.5, 0.95)}


def _verified(url: str) -> dict[str, Any]:
    """Run `keneya audit verify` as an operator does; returns its duration and peak memory."""
    command = [sys.executable, "-m", "server", "audit", "verify"]
    environ = os.environ | {"KENEYA_DATABASE_URL": url}
    began = time.perf_counter()
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        output = process.stdout.read().decode()
        # wait4 gives this child's use alone; getrusage gives the largest of all children, the database included.
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(output)
    return {
        "verify_s": round(time.perf_counter() - began, 1),
        "verify_peak_rss_mib": round(used.ru_maxrss / 1024, 1),
    }


async def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure both databases, one after the other."""
    house = House(arguments.cases, arguments.rows, time.time())
    console = Console(stderr=True)
    line: dict[str, Any] = {"benchmark": "records", "cases": house.cases, "rows": house.entries}
    for engine in arguments.engines.split(","):
        try:
            line[engine] = await _on(engine, house, arguments.repeat, console)
        except PostgresqlMissing as missing:
            line[engine] = {"skipped": str(missing)}
    readings = [found for found in line.values() if isinstance(found, dict) and "queue_ms_p95" in found]
    worst = max((max(one["queue_ms_p95"], one["case_ms_p95"]) for one in readings), default=None)
    return line | {
        "aim_p95_ms": AIM_P95_MS,
        "held": worst is not None and worst <= AIM_P95_MS,
        "python": platform.python_version(),
        "machine": describe(),
    }


async def _on(engine: str, house: House, repeat: int, console: Console) -> dict[str, Any]:
    if engine == "postgresql":
        with running_postgresql(durable=True) as server:
            return await measure(server.url(server.new_database()), house, repeat, console)
    with tempfile.TemporaryDirectory(prefix="keneya-records-") as folder:
        return await measure(f"sqlite+aiosqlite:///{Path(folder) / 'keneya.db'}", house, repeat, console)


def _arguments(values: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.records", description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=10_000, help="cases (default %(default)d)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="audit entries (default %(default)d)")
    parser.add_argument(
        "--repeat", type=int, default=300, help="times each question is asked (default %(default)d)"
    )
    parser.add_argument("--engines", default="sqlite,postgresql", help="which, in this order (default both)")
    return parser.parse_args(values)


def main() -> None:
    """Print one line of JSON."""
    print(json.dumps(uvloop.run(run(_arguments()))))


if __name__ == "__main__":
    main()
