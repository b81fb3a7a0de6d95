"""Reports over rows of both real databases: every count matches the rows written."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from server.calls.callmeter import CallUse
from server.calls.store import DatabaseConsultationStore
from server.calls.tables import CallLeg, ConsultationEvent
from server.cases.tables import CaseFile, Consultation
from server.mediators.tables import Mediation, MediationBlockage, MediationReport
from server.people.tables import Account, Site, Station
from server.platform.database.engine import DbSessions
from server.platform.redacted import Redacted
from server.reports.activity import activity
from server.reports.links import link_days, weighted_median
from server.reports.mediations import mediations
from server.reports.period import Period
from server.trail.trail import Trail

APRIL = Period(date(2026, 4, 1), date(2026, 4, 30))
MAY = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
NOON = datetime(2026, 4, 9, 12, tzinfo=UTC).timestamp()


@pytest.fixture
async def filled(database: DbSessions) -> DbSessions:
    async with database.begin() as db:
        db.add_all(Site(id=f"si_{n}", name=f"Site {n}", created_at=1.0) for n in (1, 2))
        db.add(Account(id="ac_1", login="d", name="Dr", role="clinician", password_hash="", created_at=1.0))
        await db.flush()
        db.add_all(Station(id=f"st_{n}", site_id=f"si_{n}", name="Poste", created_at=1.0) for n in (1, 2))
    return database


async def add_case(database: DbSessions, case_id: str, states: str, **changed: Any) -> None:
    """A case with its history, such as "requested accepted closed"."""
    what: dict[str, Any] = {
        "station": "st_1",
        "specialty": "general",
        "kind": "ordinary",
        "asked": NOON,
        "wait_s": None,
    } | changed
    async with database.begin() as db:
        db.add(
            CaseFile(
                id=case_id,
                station_id=what["station"],
                kind=what["kind"],
                opened_at=what["asked"],
                patient_ref=Redacted("2026/0412"),
                age_band="",
                sex="",
                reason_code="",
                reason_text=Redacted("fièvre"),
                red_flags="",
                urgency="green",
                language="",
                gender_wish="",
                mediator_wanted=False,
                specialty=what["specialty"],
            )
        )
        wait_s = what["wait_s"]
        db.add(
            Consultation(
                id=case_id,
                station_id=what["station"],
                site="",
                station_name="",
                urgency="green",
                reason=Redacted(""),
                state=states.rpartition(" ")[2],
                requested_at=what["asked"],
                accepted_at=what["asked"] + wait_s if wait_s is not None else None,
            )
        )
        await db.flush()
        for state in states.split():
            db.add(ConsultationEvent(consultation_id=case_id, state=state, at=what["asked"]))
            await db.flush()


async def add_mediation(database: DbSessions, number: int, invited_at: float, blockages: list[str]) -> None:
    """A mediation of the case ``c_<number>`` whose mediator has reported."""
    async with database.begin() as db:
        db.add(
            Mediation(
                id=f"me_{number}",
                case_id=f"c_{number}",
                mediator_id="ac_1",
                invited_by="st_1",
                invited_at=invited_at,
                state="left",
                joined_at=invited_at,
            )
        )
        await db.flush()
        db.add(
            MediationReport(mediation_id=f"me_{number}", language="ff", minutes=10, reported_at=invited_at)
        )
        await db.flush()
        for blockage in blockages:
            db.add(MediationBlockage(mediation_id=f"me_{number}", blockage=blockage))


async def test_activity_counts_the_outcome_of_each_case(filled: DbSessions) -> None:
    await add_case(filled, "c_1", "requested accepted in_call closed", wait_s=60.0)
    await add_case(filled, "c_2", "requested accepted in_call interrupted in_call closed", wait_s=120.0)
    await add_case(filled, "c_3", "requested accepted in_call interrupted closed", wait_s=180.0)
    await add_case(filled, "c_4", "requested accepted requested cancelled")
    await add_case(filled, "c_5", "requested cancelled")
    await add_case(filled, "c_6", "requested", specialty="obstetrics", station="st_2")
    await add_case(filled, "c_7", "requested cancelled", asked=NOON - 40 * 86_400)
    async with filled() as db:
        found = await activity(db, APRIL, None, MAY)
        second = await activity(db, APRIL, "si_2", MAY)
    general, obstetrics = found.rows
    assert (general.specialty, general.consultations) == ("general", 5)
    assert (general.completed, general.dropped, general.unanswered, general.open) == (2, 2, 1, 0)
    assert (general.wait_median_s, general.wait_p90_s) == (120, 180)
    assert (obstetrics.specialty, obstetrics.open, obstetrics.wait_median_s) == ("obstetrics", 1, None)
    assert found.total.consultations == 6
    assert [row.specialty for row in second.rows] == ["obstetrics"]


async def test_data_counts_for_stations_at_the_price_of_its_day(filled: DbSessions) -> None:
    await add_case(filled, "c_1", "requested accepted closed", wait_s=1.0)
    for price, participant in ((2000, "st_1"), (1000, "st_1"), (2000, "ac_1")):
        store = DatabaseConsultationStore(filled, Trail(lambda: NOON), lambda: NOON, price_per_gb=price)
        await store.keep_use(
            CallUse("c_1", participant, NOON, NOON + 60, down_bytes=40_000_000, up_bytes=10_000_000)
        )
    async with filled() as db:
        (row,) = (await activity(db, APRIL, None, MAY)).rows
    assert row.mb == 100.0
    assert row.cost == 50e-3 * 2000 + 50e-3 * 1000


async def test_a_survivor_safe_case_counts_only_in_its_month(filled: DbSessions) -> None:
    for number in range(7):
        await add_case(
            filled, f"s_{number}", "requested closed", kind="survivor_safe", specialty="psychology"
        )
    for number in range(3):
        await add_case(filled, f"l_{number}", "requested closed", kind="survivor_safe", specialty="law")
    await add_case(filled, "o_1", "requested closed")
    async with filled() as db:
        found = await activity(db, APRIL, None, MAY)
        part = await activity(db, Period(date(2026, 4, 2), date(2026, 4, 30)), None, MAY)
        elsewhere = await activity(db, APRIL, "si_2", MAY)
    assert (found.total.consultations, [row.specialty for row in found.rows]) == (1, ["general"])
    (april,) = found.survivors
    # Three are hidden, and the total with them, because it would reveal the three.
    assert (april.month, april.counts, april.total) == ("2026-04", {"psychology": 7}, None)
    assert part.survivors == []
    # No filter makes the cells smaller: a report on one site cannot be requested.
    assert elsewhere.survivors == found.survivors


async def test_no_link_data_of_a_survivor_safe_call_are_kept(filled: DbSessions) -> None:
    await add_case(filled, "s_1", "requested accepted closed", kind="survivor_safe", wait_s=1.0)
    store = DatabaseConsultationStore(filled, Trail(lambda: NOON), lambda: NOON)
    await store.keep_use(CallUse("s_1", "st_1", NOON, NOON + 60, down_bytes=1))
    async with filled() as db:
        assert await db.get(CallLeg, 1) is None
        assert await link_days(db, APRIL) == []


async def test_nothing_is_kept_nor_told_of_calls_at_a_site_where_every_case_is_survivor_safe(
    filled: DbSessions,
) -> None:
    store = DatabaseConsultationStore(filled, Trail(lambda: NOON), lambda: NOON)
    await add_case(filled, "g_1", "requested accepted closed", kind="group_seat", wait_s=1.0)
    await store.keep_use(CallUse("g_1", "st_1", NOON, NOON + 60, down_bytes=1))
    async with filled() as db:
        assert len(await link_days(db, APRIL)) == 1
    async with filled.begin() as db:
        (await db.get_one(Site, "si_1")).survivor_safe = True
    async with filled() as db:
        # Not even what was kept before the site became one.
        assert await link_days(db, APRIL) == []
    await store.keep_use(CallUse("g_1", "st_1", NOON, NOON + 60, down_bytes=1))
    async with filled() as db:
        assert await db.get(CallLeg, 2) is None


async def test_a_stations_day_is_weighed_by_time(filled: DbSessions) -> None:
    store = DatabaseConsultationStore(filled, Trail(lambda: NOON), lambda: NOON)
    first = CallUse(
        "c_1", "st_1", NOON, NOON + 300, 3_000_000, 1_000_000, 800, 0.10, 2, {"voice": 240, "stills": 60}
    )
    short = CallUse("c_1", "st_1", NOON + 400, NOON + 500, 500_000, 500_000, 300, 0.02, 0, {"video": 100})
    await store.keep_use(first)
    await store.keep_use(short)
    await store.keep_use(CallUse("c_2", "st_1", NOON + 86_400, NOON + 86_460))
    await store.keep_use(CallUse("c_1", "ac_1", NOON, NOON + 300, 9, 9))
    async with filled() as db:
        next_day, day = await link_days(db, APRIL)
        assert await link_days(db, APRIL, "si_2") == []
    assert (next_day.day, next_day.rtt_median_ms, next_day.loss_ratio, next_day.rungs) == (
        "2026-04-10",
        None,
        None,
        {},
    )
    assert (day.day, day.site, day.station, day.calls, day.outages) == ("2026-04-09", "Site 1", "Poste", 1, 2)
    assert (day.minutes, day.mb, day.rtt_median_ms, day.loss_ratio) == (6.7, 5.0, 800, 0.08)
    assert day.rungs == {"stills": 0.15, "video": 0.25, "voice": 0.6}


def test_a_weighted_median_divides_the_weight_in_half() -> None:
    assert weighted_median([]) is None
    assert weighted_median([(900, 1.0), (100, 10.0)]) == 100


async def test_mediators_are_counted_and_few_patients_hidden(filled: DbSessions) -> None:
    for number in range(9):
        kind = "survivor_safe" if number == 8 else "ordinary"
        await add_case(filled, f"c_{number}", "requested closed", kind=kind)
        async with filled.begin() as db:
            joined = NOON if number else None
            db.add(
                Mediation(
                    id=f"me_{number}",
                    case_id=f"c_{number}",
                    mediator_id="ac_1",
                    invited_by="st_1",
                    invited_at=NOON,
                    state="left" if number else "expired",
                    joined_at=joined,
                )
            )
            await db.flush()
            if joined:
                db.add(
                    MediationReport(mediation_id=f"me_{number}", language="ff", minutes=10, reported_at=NOON)
                )
                await db.flush()
                for blockage in ["transport", "cost"][: 1 if number > 2 else 2]:
                    db.add(MediationBlockage(mediation_id=f"me_{number}", blockage=blockage))
    async with filled() as db:
        found = await mediations(db, APRIL, None, MAY)
    assert (found.invited, found.joined, found.reported) == (8, 7, 7)
    ((fulfulde),) = found.languages
    assert (fulfulde.language, fulfulde.mediations, fulfulde.minutes) == ("ff", 7, 70)
    (april,) = found.blockages
    assert (april.month, april.counts, april.total) == ("2026-04", {"transport": 7}, None)
