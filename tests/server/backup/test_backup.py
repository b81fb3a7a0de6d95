"""A backup is made while the server serves, is whole, and comes back on an empty machine of either kind."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pyrage
import pytest

from server.backup import restore as restoring
from server.backup.backups import SUFFIX, Backup, make_backup, newest
from server.backup.contents import MARK, files
from server.backup.errors import BackupFailed
from server.backup.restore import restore
from server.platform.database import serving
from server.platform.database.engine import open_database
from server.platform.database.serving import ServedElsewhere
from server.platform.settings.config import Settings, SettingsError
from tests.server.cases.aday import a_day
from tests.server.cases.photos.test_store import PHOTO
from tests.support.cases import House, house
from tests.support.patience import PATIENCE_S
from tests.support.server import files_of, running_server

IDENTITY = pyrage.x25519.Identity.generate()
SECRETS = (b"Hirondelle", b"saigne beaucoup", b"paludisme", b"Dr traore", PHOTO[-60:])


def with_backups(settings: Settings, tmp_path: Path, **changes: Any) -> Settings:
    """The settings of a server that makes backups."""
    known = {name: getattr(settings, name) for name in settings.__dataclass_fields__}
    own = {"backup_dir": tmp_path / "backups", "backup_recipients": (str(IDENTITY.to_public()),)}
    return Settings(**(known | own | changes))


@pytest.fixture
async def home(tmp_path: Path, database_url: str) -> AsyncIterator[House]:
    """A server on either database, for what a backup does with the database itself."""
    async with house(tmp_path, database_url=database_url) as running:
        yield running


@pytest.fixture
async def sqlite_home(tmp_path: Path) -> AsyncIterator[House]:
    """A server on SQLite: what is claimed of a file, a folder or a key is alike for either database."""
    async with house(tmp_path) as running:
        yield running


async def backed_up(home: House, tmp_path: Path, **changes: Any) -> Backup:
    return await make_backup(with_backups(home.server.settings, tmp_path, **changes), home.clock.now)


@pytest.fixture
def another_url(request: pytest.FixtureRequest) -> str:
    """The database of a machine that has none yet."""
    if request.param == "sqlite":
        return ""
    server = request.getfixturevalue("postgresql").server
    return str(server.url(server.new_database()))


# Each kind is backed up once and restored once. What lies between the two is one format.
@pytest.mark.parametrize(
    ("database_url", "another_url"),
    [("sqlite", "postgresql"), ("postgresql", "sqlite")],
    indirect=True,
)
async def test_a_backup_comes_back_whole_on_an_empty_machine_of_either_kind(
    home: House, tmp_path: Path, another_url: str
) -> None:
    doctor, case_id = await a_day(home)
    made = await backed_up(home, tmp_path)
    seen = await doctor.get(f"/api/cases/{case_id}")
    new = Settings(data_dir=tmp_path / "new", database_url=another_url)
    await restore(made.path, [IDENTITY], new)
    async with (
        running_server(
            tmp_path,
            app_options={"clock": home.clock},
            data_dir=new.data_dir,
            database_url=another_url,
        ) as server,
        server.client() as client,
    ):
        server.services.sessions.waive_second_factor(doctor.id)
        await server.sign_in(client, "traore")
        async with client.get(f"/api/cases/{case_id}") as answer:
            again = await answer.json()
        photo_id = again["photos"][0]["id"]
        async with client.get(f"/api/photos/{photo_id}") as answer:
            assert hashlib.sha256(await answer.read()).digest()
            assert answer.status == 200
        # New rows get new numbers.
        async with client.post(f"/api/cases/{case_id}/notes", json={"note": "revu"}) as answer:
            assert answer.status == 204
    assert again == seen


async def test_only_the_identity_opens_it_and_it_shows_nothing(sqlite_home: House, tmp_path: Path) -> None:
    await a_day(sqlite_home)
    made = await backed_up(sqlite_home, tmp_path)
    assert [path.name for path in files_of(tmp_path / "backups") if path.name != ".lock"] == [made.path.name]
    assert not [secret for secret in SECRETS if secret in made.path.read_bytes()]
    with pytest.raises(BackupFailed, match="this identity"):
        await restore(made.path, [pyrage.x25519.Identity.generate()], Settings(data_dir=tmp_path / "new"))
    assert not list(sqlite_home.server.settings.data_dir.glob(".backup*"))


async def test_a_damaged_backup_restores_nothing(sqlite_home: House, tmp_path: Path) -> None:
    await a_day(sqlite_home)
    made = await backed_up(sqlite_home, tmp_path)
    data = made.path.read_bytes()
    damages = {
        "cut": data[: len(data) // 2],
        "changed": data[:-500] + bytes([data[-500] ^ 1]) + data[-499:],
        "no manifest": b"",
    }
    for name, damaged in damages.items():
        new = Settings(data_dir=tmp_path / name)
        made.path.write_bytes(damaged)
        with pytest.raises(BackupFailed):
            await restore(made.path, [IDENTITY], new)
        # It is not a server's folder until a restore is done, and another try begins anew.
        with pytest.raises(SettingsError, match="restore was cut off"):
            async with running_server(tmp_path, data_dir=new.data_dir):
                pass
        made.path.write_bytes(data)
        await restore(made.path, [IDENTITY], new)
        assert not (new.data_dir / MARK).exists()


async def test_a_backup_that_does_not_come_back_gets_no_name(
    sqlite_home: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_day(sqlite_home)
    (photo,) = (sqlite_home.server.settings.data_dir / "photos").glob("*.sealed")
    photo.write_bytes(photo.read_bytes()[:-1])
    with pytest.raises(BackupFailed, match="SealBroken"):
        await backed_up(sqlite_home, tmp_path)
    assert not list((tmp_path / "backups").glob("*.age"))


async def test_rows_of_one_moment_while_others_write(home: House, tmp_path: Path) -> None:
    station = await home.station()

    async def write() -> None:
        for number in range(20):
            await home.open_case(station, patient_ref=str(number))

    writing = asyncio.create_task(write())
    made = [await backed_up(home, tmp_path) for _ in range(2)]
    await writing
    await restore(made[-1].path, [IDENTITY], Settings(data_dir=tmp_path / "new"))


async def test_nothing_is_written_over_a_server(home: House, tmp_path: Path) -> None:
    await a_day(home)
    made = await backed_up(home, tmp_path)
    before = sorted(path.name for path in home.server.settings.data_dir.iterdir())
    with pytest.raises(BackupFailed, match="not empty"):
        await restore(made.path, [IDENTITY], home.server.settings)
    if home.server.settings.database_url:
        other = Settings(data_dir=tmp_path / "new", database_url=home.server.settings.database_url)
        with pytest.raises(BackupFailed, match="not empty"):
            await restore(made.path, [IDENTITY], other)
    assert sorted(path.name for path in home.server.settings.data_dir.iterdir()) == before


async def test_a_cut_off_restore_does_not_go_on_under_a_server(
    home: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "TAKE_ATTEMPTS", 2)
    doctor, case_id = await a_day(home)
    made = await backed_up(home, tmp_path)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / MARK).touch()
    with pytest.raises(ServedElsewhere):
        await restore(
            made.path,
            [IDENTITY],
            Settings(data_dir=tmp_path / "new", database_url=home.server.settings.database),
        )
    assert (await doctor.get(f"/api/cases/{case_id}"))["id"] == case_id


async def test_a_second_restore_that_waited_for_the_first_takes_nothing_of_it_away(
    sqlite_home: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_day(sqlite_home)
    made = await backed_up(sqlite_home, tmp_path)
    new = Settings(data_dir=tmp_path / "new")
    arrived, go_on, waiting = asyncio.Event(), asyncio.Event(), asyncio.Event()
    rows, locked = restoring.restore_rows, serving._try_flock

    async def slowly(*given: Any) -> None:
        await rows(*given)
        arrived.set()
        await go_on.wait()

    def watched(fd: int) -> bool:
        if locked(fd):
            return True
        waiting.set()
        return False

    monkeypatch.setattr(restoring, "restore_rows", slowly)
    monkeypatch.setattr(serving, "_try_flock", watched)
    monkeypatch.setattr(serving, "TAKE_ATTEMPTS", int(PATIENCE_S / serving.AGAIN_S))
    async with asyncio.timeout(PATIENCE_S):
        first = asyncio.create_task(restore(made.path, [IDENTITY], new))
        await arrived.wait()
        second = asyncio.create_task(restore(made.path, [IDENTITY], new))
        await waiting.wait()
        go_on.set()
        await first
        before = [path.name for path in files_of(new.data_dir)]
        with pytest.raises(BackupFailed, match="not empty"):
            await second
    assert [path.name for path in files_of(new.data_dir)] == before
    assert not (new.data_dir / MARK).exists()


async def test_a_restore_that_is_refused_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "letter").touch()
    with pytest.raises(BackupFailed, match="not empty"):
        await restore(tmp_path / "none", [IDENTITY], Settings(data_dir=tmp_path / "theirs"))
    assert [path.name for path in files_of(tmp_path / "theirs")] == ["letter"]


async def test_a_restore_killed_before_its_mark_is_begun_anew(sqlite_home: House, tmp_path: Path) -> None:
    await a_day(sqlite_home)
    made = await backed_up(sqlite_home, tmp_path)
    new = Settings(data_dir=tmp_path / "new")
    engine = open_database(new.database)
    async with serving.Serving(engine, new.data_dir).held():
        pass
    await engine.dispose()
    await restore(made.path, [IDENTITY], new)


async def test_a_backup_takes_no_lock_along(sqlite_home: House) -> None:
    await a_day(sqlite_home)
    names = [name for name, _ in files(sqlite_home.server.settings)]
    assert [name for name in names if name.startswith("files/photos/")]
    assert not [name for name in names if name.endswith(serving.LOCK_SUFFIX)]


async def test_the_oldest_go_and_the_newest_is_known(sqlite_home: House, tmp_path: Path) -> None:
    assert newest(tmp_path) is None
    made = []
    for _ in range(3):
        sqlite_home.clock.now += 60
        made.append((await backed_up(sqlite_home, tmp_path, backup_keep=2)).path)
    assert sorted((tmp_path / "backups").glob("*.age")) == made[1:]
    assert newest(tmp_path / "backups") == sqlite_home.clock.now


async def test_a_wrong_recipient_is_a_wrong_setting(sqlite_home: House, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="age1"):
        await backed_up(sqlite_home, tmp_path, backup_recipients=("age1nonsense",))
    assert not [path for path in files_of(tmp_path) if path.name.endswith(SUFFIX)]
