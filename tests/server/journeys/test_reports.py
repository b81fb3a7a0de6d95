"""A coordinator's reports and an auditor's trail, over HTTP."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, text

from server.trail.entry import Written
from server.trail.tables import AuditEntry
from signaling import messages as wire
from signaling.messages import ConsultationState as S
from signaling.messages import Role
from tests.support.cases import House, house

NOVEMBER = "first=2025-11-01&last=2025-11-30"
SECRETS = ("fièvre noire", "2025/0412", "Hémorragie")


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as running:
        yield running


async def one_call(home: House) -> str:
    """A consultation from its opening to its note and its end; returns its id."""
    station, doctor = await home.station(), await home.person("traore")
    case_id = await home.open_case(
        station, specialty="general", reason_text=SECRETS[0], patient_ref=SECRETS[1]
    )
    await home.ask(station, case_id)
    home.clock.now += 90
    await home.accept(doctor, case_id)
    await doctor.post(f"/api/cases/{case_id}/notes", {"answer": SECRETS[2], "advice": "", "note": ""}, 204)
    home.clock.now += 600
    await doctor.page.say(wire.End(consultation_id=case_id))
    await station.page.expect(wire.Consultation, lambda m: m.state is S.CLOSED)
    return case_id


async def get(client: Any, path: str, status: int = 200) -> Any:
    async with client.get(path) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json() if answer.content_type == "application/json" else await answer.text()


async def test_a_coordinator_reads_counts_and_never_a_word_of_a_case(home: House) -> None:
    await one_call(home)
    client = await home.keeper("fatou", Role.COORDINATOR)
    found = await get(client, f"/api/reports/activity?{NOVEMBER}")
    (row,) = found["rows"]
    assert (row["specialty"], row["completed"], row["wait_median_s"]) == ("general", 1, 90)
    links = await get(client, f"/api/reports/links?{NOVEMBER}")
    assert [(one["day"], one["minutes"]) for one in links] == [("2025-11-22", 10.0)]
    texts = [str(found), str(links)]
    for report in ("activity", "mediations", "links"):
        text_of_it = await get(client, f"/api/reports/{report}?{NOVEMBER}&form=csv")
        assert text_of_it.startswith("\ufeff")
        assert len(list(csv.reader(io.StringIO(text_of_it), delimiter=";"))) >= 2
        texts.append(text_of_it)
    for secret in SECRETS:
        assert [one for one in texts if secret in one] == []
    async with home.server.services.database() as db:
        acts = (await db.scalars(select(AuditEntry).where(AuditEntry.act == "report_read"))).all()
    assert len(acts) == 5
    assert {one.actor_role for one in acts} == {"coordinator"}


@pytest.mark.parametrize(
    "query", ["", "first=2025-11-30&last=2025-11-01", "first=yesterday&last=2025-11-01", NOVEMBER + "&x=1"]
)
async def test_an_invalid_period_is_refused(home: House, query: str) -> None:
    client = await home.keeper("fatou", Role.COORDINATOR)
    assert await get(client, f"/api/reports/activity?{query}", 422) == {"code": "malformed_period"}


async def test_an_auditor_follows_a_case_and_leaves_a_trace_of_it(home: House) -> None:
    case_id = await one_call(home)
    client = await home.keeper("sira", Role.AUDITOR)
    entries = await get(client, f"/api/audit/entries?case={case_id}")
    assert entries[-1]["act"] == "case_opened"
    # The first entry is the one of this reading itself.
    assert (entries[0]["act"], entries[0]["actor_role"]) == ("audit_read", "auditor")
    assert [e for e in entries if any(secret in str(e) for secret in SECRETS)] == []
    notes = await get(client, "/api/audit/entries?act=note_written")
    assert [one["consultation_id"] for one in notes] == [case_id]
    assert await get(client, "/api/audit/entries?act=made_up", 422) == {"code": "malformed"}
    before = notes[0]["sequence"]
    older = await get(client, f"/api/audit/entries?before={before}")
    assert [one["sequence"] for one in older] == list(range(before - 1, 0, -1))
    early = await get(client, "/api/audit/entries?until_ms=5")
    assert early == []


async def test_an_export_is_the_whole_chain(home: House) -> None:
    await one_call(home)
    client = await home.keeper("sira", Role.AUDITOR)
    lines = (await get(client, "/api/audit/export")).splitlines()
    found = [msgspec.json.decode(line, type=Written) for line in lines]
    assert [one.sequence for one in found] == list(range(1, len(found) + 1))
    assert found[-1].act == "audit_exported"
    assert all(one.previous_hash == before.hash for before, one in pairwise(found))


async def verified(client: Any) -> dict[str, Any]:
    async with client.post("/api/audit/verification") as answer:
        assert answer.status == 202
    while (state := await get(client, "/api/audit/verification"))["running"]:  # noqa: ASYNC110 - HTTP has no event
        await asyncio.sleep(0.01)
    return dict(state)


async def test_a_verification_confirms_a_whole_trail_and_names_a_changed_entry(home: House) -> None:
    await one_call(home)
    client = await home.keeper("sira", Role.AUDITOR)
    state = await verified(client)
    assert (state["findings"], state["failed"]) == ([], False)
    assert state["entries"] >= 5
    assert state["checkpoint"]["sequence"] <= state["entries"]
    async with home.server.services.database.begin() as db:
        await db.execute(text("DROP TRIGGER audit_entry_no_update"))
        await db.execute(text("UPDATE audit_entry SET actor_id = 'nobody' WHERE sequence = 2"))
    (finding,) = (await verified(client))["findings"]
    assert finding.startswith("edited: entry 2 ")
