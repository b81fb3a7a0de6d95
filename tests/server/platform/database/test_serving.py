"""One server for each database and each folder, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import TimeoutError as PoolIsFull
from sqlalchemy.ext.asyncio import create_async_engine

from server.app import create_app
from server.platform.database import serving as module
from server.platform.database.engine import open_database
from server.platform.database.serving import ServedElsewhere, Serving, is_served
from server.platform.settings.config import Settings, SettingsError
from tests.support.patience import PATIENCE_S

On = Callable[[str, Path], Serving]

HOLDS = """
import asyncio, sys
from pathlib import Path
from server.platform.database.engine import open_database
from server.platform.database.serving import Serving
async def main():
    async with Serving(open_database(sys.argv[1]), Path(sys.argv[2])).held():
        print("held", flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TAKE_ATTEMPTS", 2)


@pytest.fixture
async def on() -> AsyncIterator[On]:
    """Makes servers' locks, each with a database of its own."""
    engines = []

    def made(url: str, folder: Path) -> Serving:
        engines.append(open_database(url))
        return Serving(engines[-1], folder)

    yield made
    for engine in engines:
        await engine.dispose()


async def test_a_second_server_on_the_database_is_refused_until_the_first_has_ended(
    on: On, database_url: str, tmp_path: Path
) -> None:
    one, two = (on(database_url, tmp_path / name) for name in ("one", "two"))
    async with one.held():
        with pytest.raises(ServedElsewhere, match="another keneya server serves from it"):
            async with two.held():
                pass
    async with two.held():
        pass


async def test_the_application_starts_once_on_a_database(database_url: str, tmp_path: Path) -> None:
    apps = [
        create_app(
            Settings(
                data_dir=tmp_path / name,
                database_url=database_url,
                media_port=0,
                media_hosts=("127.0.0.1",),
            )
        )
        for name in ("one", "two")
    ]
    first, second = (app.freeze() or app for app in apps)
    await first.startup()
    try:
        with pytest.raises(ServedElsewhere):
            await second.startup()
    finally:
        await first.shutdown()
        await first.cleanup()


async def test_two_databases_do_not_share_one_data_folder(on: On, tmp_path: Path) -> None:
    one, two = (on(f"sqlite+aiosqlite:///{tmp_path / name}.db", tmp_path / "data") for name in ("a", "b"))
    async with one.held():
        with pytest.raises(ServedElsewhere, match=rf"data_dir: .*process {os.getpid()}"):
            async with two.held():
                pass


async def test_a_link_to_the_database_leads_to_the_same_lock(on: On, tmp_path: Path) -> None:
    (tmp_path / "real.db").touch()
    (tmp_path / "link.db").symlink_to(tmp_path / "real.db")
    one, two = (on(f"sqlite+aiosqlite:///{tmp_path / name}.db", tmp_path / name) for name in ("real", "link"))
    async with one.held():
        with pytest.raises(ServedElsewhere):
            async with two.held():
                pass


async def test_the_lock_ends_with_the_process_however_it_ends(
    on: On, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLDS, database_url, str(tmp_path / "one")),
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[4])},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    engine = open_database(database_url)
    assert await is_served(engine)
    with pytest.raises(ServedElsewhere):
        async with on(database_url, tmp_path / "two").held():
            pass
    process.send_signal(signal.SIGKILL)
    await process.wait()
    monkeypatch.setattr(module, "TAKE_ATTEMPTS", int(PATIENCE_S / module.AGAIN_S))
    async with on(database_url, tmp_path / "two").held():
        assert await is_served(engine)
    await engine.dispose()


async def test_looking_takes_no_lock(on: On, database_url: str, tmp_path: Path) -> None:
    engine = open_database(database_url)
    assert not await is_served(engine)
    async with on(database_url, tmp_path / "one").held():
        assert await is_served(engine)
        assert await is_served(engine)
    assert not await is_served(engine)
    await engine.dispose()


async def test_a_folder_that_cannot_be_written_is_a_wrong_setting(on: On, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SettingsError, match="cannot be opened"):
        async with on(f"sqlite+aiosqlite:///{tmp_path / 'file' / 'a.db'}", tmp_path).held():
            pass


async def cut_off(url: str) -> None:
    """End the connections that hold the lock, as a restart of PostgreSQL does."""
    engine = open_database(url)
    query = text(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = :number"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    async with asyncio.timeout(PATIENCE_S), engine.connect() as connection:
        # Another process holds the lock.
        while not (await connection.execute(query, {"number": module.SERVING_LOCK})).all():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await engine.dispose()


@pytest.fixture
def postgresql_url(request: pytest.FixtureRequest, database_url: str) -> str:
    if not database_url.startswith("postgresql"):
        pytest.skip("SQLite's lock has no connection that could end")
    return database_url


async def test_a_lock_that_went_with_its_connection_is_taken_again(
    on: On, postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.01)
    engine = open_database(postgresql_url)
    serving = on(postgresql_url, tmp_path / "one")
    async with serving.held():
        await cut_off(postgresql_url)
        async with asyncio.timeout(PATIENCE_S):
            while not await is_served(engine):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert not serving.lost.is_set()
    await engine.dispose()


async def test_a_server_whose_place_was_taken_learns_of_it(
    on: On, postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.01)
    real = module._again
    first, second = (on(postgresql_url, tmp_path / name) for name in ("one", "two"))
    may = asyncio.Event()

    async def later(*given: Any) -> object:
        await may.wait()
        return await real(*given)

    monkeypatch.setattr(module, "_again", later)
    async with first.held():
        await cut_off(postgresql_url)
        monkeypatch.setattr(module, "TAKE_ATTEMPTS", 100)
        async with second.held():
            monkeypatch.setattr(module, "TAKE_ATTEMPTS", 2)
            may.set()
            await asyncio.wait_for(first.lost.wait(), PATIENCE_S)
            assert not second.lost.is_set()


async def until_served(url: str) -> None:
    engine = open_database(url)
    async with asyncio.timeout(PATIENCE_S):
        while not await is_served(engine):  # noqa: ASYNC110 (another connection takes the lock)
            await asyncio.sleep(0.01)
    await engine.dispose()


async def test_a_pool_that_is_full_takes_no_lock_away(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.01)
    busy = create_async_engine(postgresql_url, pool_size=1, max_overflow=0, pool_timeout=0.01)
    serving = Serving(busy, tmp_path / "one")
    async with busy.connect() as _, serving.held():
        await cut_off(postgresql_url)
        await until_served(postgresql_url)
        assert not serving.lost.is_set()
    await busy.dispose()


@pytest.mark.parametrize("fault", [PoolIsFull, RuntimeError])
async def test_a_server_that_cannot_look_after_its_lock_learns_of_it(
    on: On, postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.01)

    async def broken(*_: Any) -> None:
        raise fault

    monkeypatch.setattr(module, "_again", broken)
    serving = on(postgresql_url, tmp_path / "one")
    async with serving.held():
        assert not serving.lost.is_set()
        await cut_off(postgresql_url)
        await asyncio.wait_for(serving.lost.wait(), PATIENCE_S)


async def test_a_server_that_is_stopped_has_lost_nothing(on: On, database_url: str, tmp_path: Path) -> None:
    serving = on(database_url, tmp_path / "one")
    async with serving.held():
        pass
    assert not serving.lost.is_set()


@asynccontextmanager
async def cable(url: str) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """The address of PostgreSQL behind a cable, and the event that cuts the connections of now: nothing passes any
    more, and neither end is told. Later connections pass.
    """
    folder, cut = Path(tempfile.mkdtemp(prefix="keneya-pg-")), asyncio.Event()
    name = ".s.PGSQL.5432"
    behind = make_url(url).query["host"]

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, whole: bool) -> None:
        while piece := await reader.read(65_536):
            if whole or not cut.is_set():
                writer.write(piece)
        if whole or not cut.is_set():
            writer.close()

    async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(f"{behind}/{name}")
        both = [carry(reader, back, whole=cut.is_set()), carry(there, writer, whole=cut.is_set())]
        await asyncio.gather(*both, return_exceptions=True)

    server = await asyncio.start_unix_server(joined, folder / name)
    yield make_url(url).update_query_dict({"host": str(folder)}).render_as_string(hide_password=False), cut
    server.close()
    shutil.rmtree(folder)


async def test_a_connection_that_falls_silent_is_given_up_and_the_lock_taken_again(
    on: On, postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL, which hears nothing either, still counts the lock as that of the silent connection."""
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.01)
    engine = open_database(postgresql_url)
    holder = text("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = :number AND granted")

    async def holders() -> set[int]:
        async with engine.connect() as connection:
            return set(await connection.scalars(holder, {"number": module.SERVING_LOCK}))

    async with cable(postgresql_url) as (address, cut):
        serving = on(address, tmp_path / "one")
        async with serving.held():
            before = await holders()
            monkeypatch.setattr(module, "ANSWER_WITHIN_S", 0.5, raising=False)
            cut.set()
            async with asyncio.timeout(PATIENCE_S):
                while not (await holders()) - before:  # noqa: ASYNC110 (PostgreSQL tells nobody)
                    await asyncio.sleep(0.01)
            assert not serving.lost.is_set()
    await engine.dispose()


def test_a_silent_connection_is_noticed_before_postgresql_gives_its_lock_away() -> None:
    idle, interval, count = module.KEEPALIVE.values()
    assert idle + interval * count > module.LOOK_EVERY_S + module.ANSWER_WITHIN_S
