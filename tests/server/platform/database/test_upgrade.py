"""Migrations and models agree, on a real SQLite file and a real PostgreSQL."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError

from server.people.tables import HttpSession, Site, Station
from server.platform.database.engine import open_database, sessions_of
from server.platform.database.upgrade import differences, is_current, upgrade
from server.platform.settings.config import SettingsError
from server.tables import METADATA


def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'deep' / 'er' / 'keneya.db'}"


async def test_migrations_build_exactly_the_tables_of_the_models(empty_database_url: str) -> None:
    engine = open_database(empty_database_url)
    assert not await is_current(engine)
    await upgrade(engine)
    assert await is_current(engine)
    assert await differences(engine, METADATA) == []
    await engine.dispose()


async def test_the_comparison_notices_a_missing_column(tmp_path: Path) -> None:
    engine = open_database(url(tmp_path))
    await upgrade(engine)
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE consultation DROP COLUMN closed_by"))
    assert [change[0] for change in await differences(engine, METADATA)] == ["add_column"]
    await engine.dispose()


async def test_upgrading_twice_changes_nothing_and_keeps_the_data(empty_database_url: str) -> None:
    engine = open_database(empty_database_url)
    await upgrade(engine)
    async with sessions_of(engine).begin() as db:
        db.add(Site(id="si_1", name="CSRéf de Kayes", created_at=1.0))
    await upgrade(engine)
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT name FROM site"))).scalar_one() == "CSRéf de Kayes"
    await engine.dispose()


async def test_a_migration_that_breaks_off_leaves_nothing_behind(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_database(empty_database_url)
    import server.platform.database.upgrade as module

    real = module._upgrade

    def breaks_off(connection: Connection, to: str) -> None:
        real(connection, to)
        raise RuntimeError("power cut")

    monkeypatch.setattr(module, "_upgrade", breaks_off)
    with pytest.raises(RuntimeError):
        await upgrade(engine)
    async with engine.connect() as connection:
        assert await connection.run_sync(lambda c: inspect(c).get_table_names()) == []
    await engine.dispose()


async def test_a_server_and_a_command_that_start_together_make_the_tables_once(
    empty_database_url: str,
) -> None:
    engines = [open_database(empty_database_url) for _ in range(4)]
    await asyncio.gather(*(upgrade(engine) for engine in engines))
    assert await differences(engines[0], METADATA) == []
    for engine in engines:
        await engine.dispose()


async def test_sqlite_keeps_every_acknowledged_write_and_every_reference(tmp_path: Path) -> None:
    engine = open_database(url(tmp_path))
    await upgrade(engine)
    async with engine.connect() as connection:
        pragmas = {
            name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
    database = sessions_of(engine)
    with pytest.raises(IntegrityError):
        async with database.begin() as db:
            db.add(Station(id="st_1", site_id="nowhere", name="Poste", created_at=1.0))
    with pytest.raises(IntegrityError):
        async with database.begin() as db:
            db.add(
                HttpSession(
                    token_sha256="0" * 64, id="se_1", created_at=1.0, last_seen_at=1.0, expires_at=2.0
                )
            )
    await engine.dispose()


@pytest.mark.parametrize("address", ["nonsense", "oracle+nothing://x/y"])
def test_an_address_that_cannot_work_is_a_wrong_setting(address: str) -> None:
    with pytest.raises(SettingsError, match="database_url"):
        open_database(address)
