"""Rows of earlier versions, in clear: all are sealed at the start, also after a kill, and no file shows them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from server.cases.tables import CaseFile
from server.platform.database.engine import DbSessions, open_database
from server.platform.database.upgrade import upgrade
from server.platform.redacted import Redacted
from server.platform.sealing import hashesanew, plainrows
from server.platform.sealing.plainrows import seal_what_is_plain
from server.platform.sealing.tables import DataKey, SealingState
from tests.support.databases import KEYRING, sealing_sessions
from tests.support.server import files_of

# More than twice what a pass takes at once, so that it can be killed between two steps.
CASES = 12
AT_ONCE = 5
PEOPLE = (
    "INSERT INTO site (id, name, created_at, names_allowed, survivor_safe) VALUES ('si_1', 'Kayes', 1, {no}, {no})",
    "INSERT INTO station (id, site_id, name, created_at) VALUES ('st_1', 'si_1', 'Poste 1', 1)",
    "INSERT INTO account (id, login, name, role, password_hash, disabled, created_at, must_change_password)"
    " VALUES ('ac_1', 'dr', 'Dr', 'clinician', '', {no}, 1, {no})",
)
CASE = (
    "INSERT INTO case_file (id, station_id, kind, opened_at, patient_ref, age_band, sex, reason_code, reason_text,"
    " red_flags, urgency, language, gender_wish, mediator_wanted, specialty) VALUES ('{id}', 'st_1', 'ordinary',"
    " 1.5, ' Hirondelle{n}', '', '', '', 'saigne {n}', '', 'green', '', '', {no}, '')",
    "INSERT INTO case_note (case_id, clinician_id, answer, advice, note, written_at)"
    " VALUES ('{id}', 'ac_1', 'paludisme {n}', '', '', 2.5)",
    "INSERT INTO consultation (id, station_id, site, station_name, urgency, reason, state, requested_at)"
    " VALUES ('{id}', 'st_1', 'Kayes', 'Poste 1', 'green', 'saigne {n}', 'closed', 1.5)",
)
SECRETS = (b"Hirondelle", b"saigne", b"paludisme")


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plainrows, "OWNERS_AT_ONCE", AT_ONCE)
    monkeypatch.setattr(hashesanew, "ROWS_AT_ONCE", AT_ONCE)


@pytest.fixture
async def old(empty_database_url: str) -> AsyncIterator[AsyncEngine]:
    """A database of the version before, with cases in clear, after the migration of its tables."""
    engine = open_database(empty_database_url)
    await upgrade(engine, "0008")
    no = "false" if engine.dialect.name == "postgresql" else "0"
    async with engine.begin() as connection:
        for statement in PEOPLE:
            await connection.execute(text(statement.format(no=no)))
        for n in range(CASES):
            for statement in CASE:
                await connection.execute(text(statement.format(id=f"ca_{n}", n=n, no=no)))
    await upgrade(engine)
    yield engine
    await engine.dispose()


async def seal(engine: AsyncEngine) -> DbSessions:
    database = sealing_sessions(engine)
    await seal_what_is_plain(database, KEYRING, lambda: 5.0)
    return database


async def sealed_count(database: DbSessions) -> int:
    async with database() as db:
        return await db.scalar(select(func.count()).select_from(DataKey)) or 0


async def assert_sealed(engine: AsyncEngine, database: DbSessions, folder: Path) -> None:
    async with database() as db:
        wanted = await KEYRING.hash_of(db, Redacted("Hirondelle7"))
        case = (await db.scalars(select(CaseFile).where(CaseFile.patient_ref_hash == wanted))).one()
    assert (case.id, case.reason_text.reveal()) == ("ca_7", "saigne 7")
    assert await sealed_count(database) == CASES
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT reason FROM consultation UNION SELECT answer FROM case_note")
        )
        held = "".join(row[0] for row in rows)
    assert not [secret for secret in SECRETS if secret.decode() in held]
    for path in files_of(folder):
        assert not [secret for secret in SECRETS if secret in path.read_bytes()], path


async def test_every_row_is_sealed_and_found_and_no_file_shows_it(old: AsyncEngine, tmp_path: Path) -> None:
    await assert_sealed(old, await seal(old), tmp_path)


async def test_a_pass_that_was_killed_goes_on_where_it_stopped(
    old: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, times = plainrows._plain_owners, iter(range(100))

    async def killed(db: Any) -> list[str]:
        if next(times) == 1:
            raise KeyboardInterrupt
        return await real(db)

    with monkeypatch.context() as patch:
        patch.setattr(plainrows, "_plain_owners", killed)
        with pytest.raises(KeyboardInterrupt):
            await seal(old)
    assert 0 < await sealed_count(sealing_sessions(old)) < CASES
    with monkeypatch.context() as patch:
        patch.setattr(DbSessions, "scrub", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            await seal(old)
    await assert_sealed(old, await seal(old), tmp_path)


async def test_hashes_of_an_earlier_version_are_made_anew_and_a_killed_pass_begins_again(
    old: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("server.platform.sealing.keyring.folded", str.strip)
        database = await seal(old)
    async with database.begin() as db:
        await db.execute(update(SealingState).values(folded_at=None))
        erased = update(CaseFile).where(CaseFile.id == "ca_8").values(patient_ref_hash="")
        await db.execute(erased)
        await KEYRING.destroy(db, "ca_8", 6.0)
    assert await found(database, " HIRONDELLE7") == []
    real, times = hashesanew._hash_some, iter(range(100))

    async def killed(*args: Any, **kwargs: Any) -> str | None:
        if next(times) == 1:
            raise KeyboardInterrupt
        return await real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(hashesanew, "_hash_some", killed)
        with pytest.raises(KeyboardInterrupt):
            await seal(old)
    await seal(old)
    for n in range(CASES):
        assert await found(database, f" HIRONDELLE{n}") == ([] if n == 8 else [f"ca_{n}"])


async def found(database: DbSessions, reference: str) -> list[str]:
    async with database() as db:
        wanted = await KEYRING.hash_of(db, Redacted(reference))
        return list(await db.scalars(select(CaseFile.id).where(CaseFile.patient_ref_hash == wanted)))
