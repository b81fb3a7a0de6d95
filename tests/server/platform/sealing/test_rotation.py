"""Another master key, while the server runs and after a kill at any step; the old one opens nothing afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from server.platform.database.engine import DbSessions, sessions_of
from server.platform.redacted import Redacted
from server.platform.sealing import rotation
from server.platform.sealing.errors import MasterKeyMissing
from server.platform.sealing.keyring import Keyring
from server.platform.sealing.masterkeys import (
    GivenKeys,
    KeyFile,
    MasterKey,
    MasterKeys,
    new_master_key,
    written,
)
from server.platform.sealing.plainrows import seal_what_is_plain
from server.platform.sealing.rotation import NothingToRotate, rotate
from server.platform.sealing.sealedrows import info_with
from server.platform.sealing.tables import DataKey
from tests.support.databases import MASTER
from tests.support.sealing import SECRETS, a_case, notes


def with_keys(engine: AsyncEngine, source: MasterKeys) -> tuple[Keyring, DbSessions]:
    keyring = Keyring(source)
    return keyring, sessions_of(engine, info_with(keyring))


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    """A key file with the key that the cases are sealed to."""
    path = tmp_path / "keys" / "master.key"
    path.parent.mkdir()
    path.write_text(f"# of 2026\n{written(MASTER)}\n")
    return KeyFile(path, may_make=False)


async def read(database: DbSessions) -> list[str]:
    return [note.answer.reveal() for case_id in ("ca_1", "ca_2") for note in await notes(database, case_id)]


async def masters(database: DbSessions) -> set[str]:
    async with database() as db:
        return set(await db.scalars(select(DataKey.master_id).where(DataKey.sealed_key.is_not(None))))


async def test_everything_is_sealed_to_the_new_key_and_found_as_before(
    cases: DbSessions,
    engine: AsyncEngine,
    file: KeyFile,
) -> None:
    before = await read(cases)
    # A server that runs meanwhile, with the old key in memory.
    running, database = with_keys(engine, file)
    assert await read(database) == before
    async with database() as db:
        hashed = await running.hash_of(db, Redacted(SECRETS[0]))
    done = await rotate(*reversed(with_keys(engine, file)), file)
    assert (done.sealed_anew, done.old_removed) == (2, True)
    assert [key.id for key in file.load()] == [done.master_id] != [MASTER.id]
    assert await masters(cases) == {done.master_id}
    assert await read(database) == before
    async with database.begin() as db:
        assert await running.hash_of(db, Redacted(SECRETS[0])) == hashed
        db.add(a_case("ca_9"))
    assert await masters(cases) == {done.master_id}
    _, old_only = with_keys(engine, GivenKeys(written(MASTER)))
    with pytest.raises(MasterKeyMissing):
        await read(old_only)


class Killed(KeyFile):
    """A key file of a command that is killed before it has let go of the old key."""

    def replace(self, keys: Sequence[MasterKey]) -> bool:
        if len(keys) == 1:
            raise KeyboardInterrupt
        return super().replace(keys)


@pytest.mark.parametrize("step", ["_switch", "_seal_some", "let go"])
async def test_a_rotation_that_was_killed_goes_on(
    cases: DbSessions,
    engine: AsyncEngine,
    file: KeyFile,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    before = await read(cases)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        source = file
        if step == "let go":
            source = Killed(file._path, may_make=False)
        else:
            patch.setattr(rotation, step, killed)
        with pytest.raises(KeyboardInterrupt):
            await rotate(*reversed(with_keys(engine, source)), source)
    between = file.load()
    assert len(between) == 2
    assert await read(with_keys(engine, file)[1]) == before
    done = await rotate(*reversed(with_keys(engine, file)), file)
    assert (done.master_id, await masters(cases)) == (between[0].id, {between[0].id})
    assert len(file.load()) == 1
    assert await read(with_keys(engine, file)[1]) == before


async def test_keys_of_an_operator_are_told_what_to_do(cases: DbSessions, engine: AsyncEngine) -> None:
    one = GivenKeys(written(MASTER))
    with pytest.raises(NothingToRotate, match="keneya key new"):
        await rotate(*reversed(with_keys(engine, one)), one)
    new = new_master_key()
    two = GivenKeys(f"{written(new)},{written(MASTER)}")
    done = await rotate(*reversed(with_keys(engine, two)), two)
    assert (done.master_id, done.old_removed) == (new.id, False)
    assert SECRETS[2] in await read(with_keys(engine, GivenKeys(written(new)))[1])


async def test_only_the_embedded_default_is_made(tmp_path: Path, engine: AsyncEngine) -> None:
    named = KeyFile(tmp_path / "named.key", may_make=False)
    keyring, database = with_keys(engine, named)
    with pytest.raises(MasterKeyMissing, match="keneya key new"):
        await seal_what_is_plain(database, keyring)
    made = KeyFile(tmp_path / "data" / "master.key", may_make=True)
    keyring, database = with_keys(engine, made)
    await seal_what_is_plain(database, keyring)
    assert (tmp_path / "data" / "master.key").stat().st_mode & 0o077 == 0
    # The database is sealed to it: it is never made anew.
    (tmp_path / "data" / "master.key").unlink()
    keyring, database = with_keys(engine, made)
    with pytest.raises(MasterKeyMissing):
        await seal_what_is_plain(database, keyring)
    assert not (tmp_path / "data" / "master.key").exists()
