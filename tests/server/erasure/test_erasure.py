"""An erased case opens for nobody, here or in a copy; what is held stays; what is due goes by itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from structlog.testing import capture_logs

from server.cases.tables import CaseFile, CaseNote, CasePhoto
from server.cases.vocabulary import Kind
from server.erasure.certificate import is_genuine
from server.erasure.errors import ErasureRefused
from server.erasure.rules import DAY_S
from server.erasure.store import ERASURES, Erasures
from server.platform.sealing.tables import DataKey
from signaling import messages as wire
from signaling.states import FINAL
from tests.server.cases.aday import a_day
from tests.support.cases import House, Someone, house
from tests.support.server import files_of


@pytest.fixture
async def home(tmp_path: Path, database_url: str) -> AsyncIterator[House]:
    async with house(tmp_path, database_url=database_url) as running:
        yield running


def erasures(home: House) -> Erasures:
    return home.server.app[ERASURES]


async def a_day_that_is_over(home: House) -> tuple[Someone, str]:
    doctor, case_id = await a_day(home)
    await doctor.page.say(wire.End(consultation_id=case_id))
    await doctor.page.expect(wire.Consultation, lambda m: m.state in FINAL)
    return doctor, case_id


async def is_erased(home: House, case_id: str) -> bool:
    async with home.server.services.database() as db:
        return (await db.get_one(CaseFile, case_id)).erased_at is not None


async def counted(home: House, table: type[CaseNote] | type[CasePhoto]) -> int:
    async with home.server.services.database() as db:
        return await db.scalar(select(func.count()).select_from(table)) or 0


async def test_an_erased_case_opens_for_nobody_and_stays_on_the_trail(home: House, tmp_path: Path) -> None:
    doctor, case_id = await a_day_that_is_over(home)
    photo_id = (await doctor.get(f"/api/cases/{case_id}"))["photos"][0]["id"]
    kept = tmp_path / "keneya.db.before-20260101T000000000000Z-0010"
    kept.write_bytes(b"a copy of before an upgrade holds the case and its key")
    await erasures(home).erase(case_id)
    assert kept.exists() == home.server.settings.database_url.startswith("postgresql")
    await doctor.get(f"/api/cases/{case_id}", 404)
    await doctor.get(f"/api/photos/{photo_id}", 404)
    assert case_id not in [line["id"] for line in await doctor.get("/api/cases")]
    assert (await counted(home, CaseNote), await counted(home, CasePhoto)) == (0, 0)
    assert not list((home.server.settings.data_dir / "photos").iterdir())
    assert (await home.acts(case_id))[-1] == ("case_erased", "command_line")
    async with home.server.services.database() as db:
        row = await db.get_one(DataKey, case_id)
    assert (row.sealed_key, row.destroyed_at) == (None, home.clock.now)
    with pytest.raises(ErasureRefused, match="no such case"):
        await erasures(home).erase(case_id)


async def test_what_is_under_way_or_held_is_not_erased(home: House) -> None:
    doctor, case_id = await a_day(home)
    with pytest.raises(ErasureRefused, match="not over"):
        await erasures(home).erase(case_id)
    await doctor.page.say(wire.End(consultation_id=case_id))
    await doctor.page.expect(wire.Consultation, lambda m: m.state in FINAL)
    await erasures(home).hold(case_id, "tribunal de Kayes 12/2026")
    with pytest.raises(ErasureRefused, match="held"):
        await erasures(home).erase(case_id)
    await erasures(home).keep_for("", Kind.ORDINARY, 1)
    home.clock.now += 400 * DAY_S
    await erasures(home).sweep()
    assert not await is_erased(home, case_id)
    async with home.server.services.database() as db:
        assert "tribunal" not in str((await db.execute(text("SELECT why FROM case_hold"))).scalar_one())
    await erasures(home).release(case_id)
    await erasures(home).sweep()
    assert await is_erased(home, case_id)
    acts = [act for act, _ in await home.acts(case_id)]
    assert acts[-3:] == ["case_held", "case_released", "case_erased"]


async def test_cases_go_by_themselves_after_a_warning(home: House) -> None:
    _, case_id = await a_day_that_is_over(home)
    assert await erasures(home).due(home.clock.now) == []
    with pytest.raises(ErasureRefused, match="no such site"):
        await erasures(home).keep_for("Nulle part", Kind.ORDINARY, 5)
    await erasures(home).keep_for("", Kind.ORDINARY, 5)
    await erasures(home).keep_for("CSRéf de Kayes", Kind.ORDINARY, 100)
    assert case_id not in [one.case_id for one in await erasures(home).due(home.clock.now)]
    due = await erasures(home).due(home.clock.now + 71 * DAY_S)
    assert case_id in [one.case_id for one in due]
    home.clock.now += 99 * DAY_S
    with capture_logs() as logs:
        assert await erasures(home).sweep() == 0
        home.clock.now += 0.9 * DAY_S
        assert await erasures(home).sweep() == 0
        home.clock.now += 1.1 * DAY_S
        assert await erasures(home).sweep() == 2  # the case, and the one that it was sent on as
    assert [line["see"] for line in logs if line["event"] == "cases_near_erasure"] == ["keneya retention due"]
    assert ("case_erased", "server") in await home.acts(case_id)


async def test_no_line_of_the_log_tells_of_a_survivor_safe_case_that_goes(home: House) -> None:
    station = await home.station()
    case_id = await home.open_case(station, survivor_safe=True, patient_ref="Hirondelle")
    await erasures(home).keep_for("", Kind.SURVIVOR_SAFE, 5)
    with capture_logs() as logs:
        for _ in range(7):
            home.clock.now += DAY_S
            await erasures(home).sweep()
    assert await is_erased(home, case_id)
    assert [line["event"] for line in logs if line["event"] != "request"] == []


async def test_one_patients_cases_are_found_with_those_they_were_sent_on_as(home: House) -> None:
    doctor, case_id = await a_day_that_is_over(home)
    sent = (await doctor.get(f"/api/cases/{case_id}"))["referrals"]
    found = await erasures(home).of_patient("csréf de KAYES", " hirondelle ")
    assert (found[0], len(found), len(sent)) == (case_id, 2, 1)
    assert await erasures(home).of_patient("CSCom de Mopti", "Hirondelle") == []
    assert await erasures(home).of_patient("CSRéf de Kayes", "") == []


async def test_a_copy_that_was_made_later_holds_nothing_of_it(home: House, tmp_path: Path) -> None:
    if home.server.settings.database_url.startswith("postgresql"):
        pytest.skip("a copy of the files is one of SQLite's")
    _, case_id = await a_day_that_is_over(home)
    async with home.server.services.database() as db:
        sealed = await db.scalar(select(DataKey.sealed_key).where(DataKey.owner_id == case_id))
    assert sealed is not None
    await erasures(home).erase(case_id)
    shutil.copytree(home.server.settings.data_dir, tmp_path / "copy")
    database = [path for path in files_of(tmp_path / "copy") if path.name.startswith("keneya.db")]
    assert not [path.name for path in database if sealed.encode() in path.read_bytes()]


def test_a_certificate_holds_as_it_was_signed() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from server.erasure.certificate import certificate
    from server.trail.entry import Written

    key = Ed25519PrivateKey.generate()
    entry = Written(
        sequence=7, at_ms=5, act="case_erased", actor_id="command_line", actor_role="operator",
        consultation_id="ca_1", subject_id=None, facts='{"why":"asked"}', previous_hash="a", hash="b",
    )  # fmt: skip
    line = certificate(entry, key)
    assert is_genuine(line, key.public_key())
    assert json.loads(line)["erased"] == "ca_1"
    assert not is_genuine(line.replace("ca_1", "ca_2"), key.public_key())
    assert not is_genuine("{}", key.public_key())
