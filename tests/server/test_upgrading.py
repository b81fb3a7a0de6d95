"""Upgrades as an operator lives them: a copy first, a rehearsal, and one line for what cannot be."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Connection

import server.platform.database.upgrade as upgrading
from server.platform.database import precopy
from server.platform.database.engine import open_database
from server.platform.database.precopy import COPIES_KEPT, keep_copy
from server.platform.database.refusals import NoCopy, TooNew
from server.platform.database.serving import LOCK_SUFFIX
from server.platform.database.upgrade import MIGRATIONS, is_current, schema_of, upgrade
from tests.server.test_main import run
from tests.support import commandline

OLD = "0007"
NEWEST = max(file.name for file in (MIGRATIONS / "versions").glob("0*.py"))[:4]


async def keneya(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """The command with the data folder of a server."""
    own = {"KENEYA_DATA_DIR": str(folder), "KENEYA_HTTP_PORT": "0", "KENEYA_MEDIA_PORT": "0"}
    start = run if arguments == ("serve",) else commandline.keneya
    return await start(folder, *arguments, KENEYA_LOG_LEVEL="error", **own)


@cache
def _old_database() -> bytes:
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as thread:
        file = Path(folder) / "keneya.db"
        # In a thread of its own: the caller is on a running loop.
        thread.submit(asyncio.run, _make_old(file)).result()
        return file.read_bytes()


async def old_database(file: Path) -> None:
    """A database of an earlier program, with a row in it: made once, and copied."""
    await asyncio.to_thread(file.write_bytes, _old_database())


async def _make_old(file: Path) -> None:
    engine = open_database(f"sqlite+aiosqlite:///{file}")
    await upgrade(engine, OLD)
    async with engine.begin() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO site (id, name, created_at) VALUES ('si_1', 'CSRéf de Kayes', 1.0)"
        )
    await engine.dispose()


def read(file: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return opened.execute(query).fetchall()


def revision_of(file: Path) -> object:
    return read(file, "SELECT version_num FROM alembic_version")[0][0]


def others(folder: Path) -> set[str]:
    """What is there beside the database and the locks, which stay for good."""
    own = {"keneya.db", "keneya.db-wal", "keneya.db-shm"}
    return {file.name for file in folder.iterdir() if file.suffix != LOCK_SUFFIX} - own


async def test_a_check_tries_the_migrations_on_a_copy_and_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "keneya.db"
    await old_database(file)
    code, out, err = await keneya(tmp_path, "upgrade", "--check")
    assert (code, err) == (0, "")
    assert f"from {OLD} to {NEWEST}" in out
    assert "without a fault" in out
    assert revision_of(file) == OLD
    assert others(tmp_path) == set()


async def test_an_upgrade_keeps_the_database_of_before(tmp_path: Path) -> None:
    file = tmp_path / "keneya.db"
    await old_database(file)
    code, out, err = await keneya(tmp_path, "upgrade")
    assert (code, err) == (0, "")
    assert revision_of(file) == NEWEST
    (kept,) = others(tmp_path)
    assert str(tmp_path / kept) in out
    assert kept.endswith(f"-{OLD}")
    assert (tmp_path / kept).stat().st_mode & 0o077 == 0
    assert revision_of(tmp_path / kept) == OLD
    assert read(tmp_path / kept, "SELECT name FROM site") == [("CSRéf de Kayes",)]
    # Nothing is due now: no other copy.
    assert (await keneya(tmp_path, "upgrade"))[:2] == (0, "The database is up to date.\n")
    assert (await keneya(tmp_path, "upgrade", "--check"))[:2] == (
        0,
        f"The database is up to date ({NEWEST}).\n",
    )
    assert others(tmp_path) == {kept}


@pytest.mark.parametrize(
    "command", ["serve", "upgrade", "upgrade --check", "db check", "account list", "audit export"]
)
async def test_a_database_of_a_newer_program_is_refused_in_one_line(tmp_path: Path, command: str) -> None:
    file = tmp_path / "keneya.db"
    await old_database(file)
    with closing(sqlite3.connect(file)) as opened, opened:
        opened.execute("UPDATE alembic_version SET version_num = '9999'")
    code, out, err = await keneya(tmp_path, *command.split())
    assert code == 1, err
    (line,) = err.splitlines()
    assert line.startswith(
        "keneya: a newer keneya has made this database: it has schema 9999, this program knows"
    )
    assert out == ""
    assert revision_of(file) == "9999"
    assert others(tmp_path) == set()


async def test_a_check_of_no_database_makes_none(tmp_path: Path) -> None:
    code, out, _ = await keneya(tmp_path, "upgrade", "--check")
    assert (code, others(tmp_path)) == (0, set())
    assert not (tmp_path / "keneya.db").exists()
    assert "no database yet" in out


async def test_a_rehearsal_that_fails_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "keneya.db"
    await old_database(file)
    with closing(sqlite3.connect(file)) as opened, opened:
        # A migration that is due makes this table itself.
        opened.execute("CREATE TABLE on_duty (nobody TEXT)")
    code, _, err = await keneya(tmp_path, "upgrade", "--check")
    assert code == 1
    (line,) = err.splitlines()
    assert line.startswith("keneya: the upgrade would fail (OperationalError)")
    assert others(tmp_path) == set()


async def test_of_programs_that_upgrade_at_once_one_keeps_a_copy_of_before(tmp_path: Path) -> None:
    file = tmp_path / "keneya.db"
    await old_database(file)
    engines = [open_database(f"sqlite+aiosqlite:///{file}") for _ in range(3)]
    await asyncio.gather(*(upgrade(engine) for engine in engines))
    for engine in engines:
        await engine.dispose()
    (kept,) = others(tmp_path)
    assert revision_of(tmp_path / kept) == OLD


async def test_a_copy_holds_what_was_written_last_and_old_copies_go(tmp_path: Path) -> None:
    file = tmp_path / "keneya.db"
    await old_database(file)
    engine = open_database(f"sqlite+aiosqlite:///{file}")
    for count in range(COPIES_KEPT + 2):
        async with engine.begin() as connection:
            await connection.exec_driver_sql(
                f"INSERT INTO site (id, name, created_at) VALUES ('si_{count + 2}', 'Site {count}', 1.0)"
            )
        kept = await keep_copy(engine, OLD)
        assert kept is not None
        assert read(kept, "SELECT count(*) FROM site") == [(count + 2,)]
    assert len(others(tmp_path)) == COPIES_KEPT
    await engine.dispose()


async def test_without_room_for_a_copy_nothing_is_upgraded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "keneya.db"
    await old_database(file)
    # As on a disk that is nearly full: more room is wanted than there can be.
    monkeypatch.setattr(precopy, "ROOM_FACTOR", 1 << 40)
    engine = open_database(f"sqlite+aiosqlite:///{file}")
    with pytest.raises(NoCopy, match="no room for a copy"):
        await upgrade(engine)
    await engine.dispose()
    assert revision_of(file) == OLD
    assert others(tmp_path) == set()


async def test_a_migration_that_breaks_off_leaves_the_database_and_its_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "keneya.db"
    await old_database(file)
    real = upgrading._upgrade

    def breaks_off(connection: Connection, to: str) -> None:
        real(connection, to)
        raise RuntimeError("power cut")

    monkeypatch.setattr(upgrading, "_upgrade", breaks_off)
    engine = open_database(f"sqlite+aiosqlite:///{file}")
    with pytest.raises(RuntimeError):
        await upgrade(engine)
    await engine.dispose()
    (kept,) = others(tmp_path)
    assert revision_of(file) == revision_of(tmp_path / kept) == OLD


async def test_both_databases_refuse_what_a_newer_program_made(empty_database_url: str) -> None:
    engine = open_database(empty_database_url)
    await upgrade(engine)
    assert await is_current(engine)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for refused in (upgrade, is_current, schema_of):
        with pytest.raises(TooNew):
            await refused(engine)
    await engine.dispose()
