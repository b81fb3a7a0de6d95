"""Who may read reports asks everything there is to ask, at every moment, and subtracts: nothing comes of it.

Two worlds differ in survivor-safe cases alone: one has a case that the other has not, or has it on another day, at
another site, with another end. Whoever reads the reports of both, every period, every site, day after day, must
find them equal to the last byte. Then no subtraction of one answer from another tells anything either.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.cases.vocabulary import Kind
from server.people.tables import Account, Site, Station
from server.platform.database.engine import DbSessions, open_database
from server.reports import handlers
from server.reports.activity import activity
from server.reports.links import link_days
from server.reports.mediations import mediations
from server.reports.period import Period
from server.reports.sheet import Reader
from server.rosters.expectedwait_store import expected_wait_of
from tests.server.reports.test_reports import add_case, add_mediation
from tests.support.databases import Migrated, sealing_sessions
from tests.support.sqlitefile import put_migrated

FIRST, LAST = date(2026, 3, 1), date(2026, 4, 30)
DAY_S = 86_400
DAYS = (date(2026, 3, 2), date(2026, 3, 30), date(2026, 4, 17), date(2026, 4, 30))
SITES = (None, "si_1", "si_2")
PSYCHOLOGY = {"kind": Kind.SURVIVOR_SAFE.value, "specialty": "psychology"}


def at(month: int, day: int, hour: float = 12) -> float:
    return datetime(2026, month, day, tzinfo=UTC).timestamp() + hour * 3600


# What is alike in both worlds: ordinary cases with a blockage now and then, and survivor-safe cases, few and many.
ALIKE: list[dict[str, Any]] = [
    *({"asked": at(4, day), "station": f"st_{1 + day % 2}", "wait_s": 60.0} for day in range(1, 29, 3)),
    *({"asked": at(3, day), **PSYCHOLOGY} for day in range(1, 9)),
    *({"asked": at(4, day), **PSYCHOLOGY} for day in (5, 9)),
    # Just enough (LEAST_SAMPLES) that who waits at noon is told how long others did: one more changes the range.
    *({"asked": at(4, day), "specialty": "psychology", "wait_s": 60.0 + day} for day in range(7, 15)),
]
WORLDS: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "one more where there are few": ([], [{"asked": at(4, 17), **PSYCHOLOGY}]),
    "the first of its kind": ([], [{"asked": at(4, 17), "kind": Kind.SURVIVOR_SAFE.value, "specialty": "law"}]),
    "on another day": ([{"asked": at(3, 2), **PSYCHOLOGY}], [{"asked": at(3, 30), **PSYCHOLOGY}]),
    "at another site": (
        [{"asked": at(3, 2), **PSYCHOLOGY}], [{"asked": at(3, 2), "station": "st_2", **PSYCHOLOGY}]
    ),
    "with another end": (
        [{"asked": at(4, 17), **PSYCHOLOGY}], [{"asked": at(4, 17), "wait_s": 7000.0, **PSYCHOLOGY}]
    ),
    "with a mediator who saw what stood in the way": (
        [{"asked": at(4, 17), **PSYCHOLOGY}], [{"asked": at(4, 17), "mediated": True, **PSYCHOLOGY}]
    ),
}  # fmt: skip

# What is told is worked out beside the database: one pair, with rows in every table, shows it on PostgreSQL.
PAIRS = [
    *(pytest.param("sqlite", difference, id=f"sqlite-{difference}") for difference in WORLDS),
    pytest.param("postgresql", "with a mediator who saw what stood in the way", id="postgresql"),
]
Told = Callable[[list[dict[str, Any]]], Awaitable[list[bytes]]]


@pytest.fixture(scope="module")
def kept() -> dict[str, list[bytes]]:
    """What was told of each world: some are in several pairs."""
    return {}


@pytest.fixture
def told_of(request: pytest.FixtureRequest, kind: str, tmp_path: Path, kept: dict[str, list[bytes]]) -> Told:
    """Asks everything of a world of these cases, on a new database of this kind."""

    async def ask(cases: list[dict[str, Any]]) -> list[bytes]:
        key = f"{kind} {cases}"
        if key not in kept:
            if kind == "sqlite":
                file = tmp_path / f"{len(kept)}.db"
                put_migrated(file)
                url = f"sqlite+aiosqlite:///{file}"
            else:
                own: Migrated = request.getfixturevalue("postgresql")
                url = own.server.url(own.server.new_database(own.template))
            engine = open_database(url)
            database = sealing_sessions(engine)
            await filled(database, cases)
            kept[key] = await everything_told(database)
            await engine.dispose()
        return kept[key]

    return ask


async def filled(database: DbSessions, cases: list[dict[str, Any]]) -> None:
    async with database.begin() as db:
        db.add_all(Site(id=f"si_{n}", name=f"Site {n}", created_at=1.0) for n in (1, 2))
        db.add(Account(id="ac_1", login="d", name="Dr", role="mediator", password_hash="", created_at=1.0))
        await db.flush()
        db.add_all(Station(id=f"st_{n}", site_id=f"si_{n}", name="Poste", created_at=1.0) for n in (1, 2))
    for number, case in enumerate(cases):
        what = dict(case)
        mediated = what.pop("mediated", number % 3 == 0 and "kind" not in what)
        states = "requested accepted closed" if "wait_s" in what else "requested cancelled"
        await add_case(database, f"c_{number}", states, **what)
        if mediated:
            await add_mediation(database, number, what["asked"], ["transport"])


def periods() -> Iterator[Period]:
    """Whatever could cut one of the days in question out of the others, and some more."""
    whole = (LAST - FIRST).days + 1
    in_question = {(day - FIRST).days + more for day in DAYS for more in (-1, 0, 1)}
    for offset in sorted({*in_question, *range(0, whole, 10)} & set(range(whole))):
        yield Period(FIRST, FIRST + timedelta(offset))
        yield Period(FIRST + timedelta(offset), LAST)
        yield Period(FIRST + timedelta(offset), FIRST + timedelta(offset))


async def everything_told(database: DbSessions) -> list[bytes]:
    """Every answer that a coordinator can get, as JSON and as a file, while the days go by."""
    told: list[bytes] = []
    async with database() as db:
        for now in (at(4, 17, 11), at(4, 17, 13), at(4, 30, 23), at(5, 1, 0), at(6, 1)):
            for specialty in ("psychology", "law", "general"):
                told.append(msgspec.json.encode(await expected_wait_of(db, specialty, now)))
            whole = Period(FIRST, LAST)
            for site in SITES:
                told.append(
                    handlers._activity_sheet(await activity(db, whole, site, now), Reader.FRENCH).encode()
                )
                told.append(
                    handlers._mediations_sheet(await mediations(db, whole, site, now), Reader.FRENCH).encode()
                )
        for period in periods():
            now = at(5, 3)
            for site in SITES:
                told.append(msgspec.json.encode(await activity(db, period, site, now)))
                told.append(msgspec.json.encode(await mediations(db, period, site, now)))
                told.append(msgspec.json.encode(await link_days(db, period, site)))
    return told


@pytest.mark.parametrize(("kind", "difference"), PAIRS)
async def test_no_report_at_any_moment_tells_two_worlds_apart(told_of: Told, difference: str) -> None:
    one, other = WORLDS[difference]
    answers, others = await told_of(ALIKE + one), await told_of(ALIKE + other)
    assert len(answers) > 400
    assert answers == others


async def test_what_identifies_nobody_is_told_once_its_month_is_over(database: DbSessions) -> None:
    await filled(database, ALIKE)
    async with database() as db:
        whole = Period(FIRST, LAST)
        during, after = [await activity(db, whole, None, now) for now in (at(4, 30, 23), at(5, 1, 0))]
    assert [(row.month, row.counts) for row in during.survivors] == [("2026-03", {"psychology": 8})]
    assert [row.month for row in after.survivors] == ["2026-03", "2026-04"]
    assert after.survivors[1].counts == {}


async def test_a_blockage_of_one_patient_cannot_be_cut_out_of_a_months_count(database: DbSessions) -> None:
    """An ordinary case, too: what a mediator saw of a patient is not told by the day."""
    await filled(database, [{"asked": at(4, day), "mediated": True} for day in range(1, 7)])
    async with database() as db:
        told = {
            msgspec.json.encode((await mediations(db, period, site, at(5, 3))).blockages)
            for period in periods()
            for site in SITES
            if period.first <= date(2026, 4, 1)
        }
    # Nothing, or April as a whole.
    assert len({one for one in told if b"transport" in one}) <= 2
    assert all(b'"transport":6' in one for one in told if b"transport" in one)
