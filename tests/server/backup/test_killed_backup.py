"""The drill: killed while a backup is made and while it is restored; called again, everything is there."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pyrage
import pytest

from server.platform.settings.config import SettingsError
from tests.server.cases.aday import a_day
from tests.server.test_main import start
from tests.support.cases import house
from tests.support.commandline import keneya
from tests.support.patience import PATIENCE_S


async def kill_when(folder: Path, pattern: str, *arguments: str, cwd: Path, **environ: str) -> None:
    """Run a command, and kill it as soon as a file of this name is there."""
    process = await start(cwd, *arguments, **environ)
    async with asyncio.timeout(PATIENCE_S):
        while not any(folder.glob(pattern)):  # noqa: ASYNC240 (another process writes it)
            assert process.returncode is None, (await process.communicate())[1].decode()
            await asyncio.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert await process.wait() == -signal.SIGKILL


async def test_backup_and_restore_survive_kills_and_the_trail_is_whole(tmp_path: Path) -> None:
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "identity").write_text(f"# of the head office\n{identity}\n")
    own = {
        "KENEYA_DATA_DIR": str(tmp_path / "data"),
        "KENEYA_BACKUP_DIR": str(tmp_path / "backups"),
        "KENEYA_BACKUP_RECIPIENTS": str(identity.to_public()),
    }
    async with house(tmp_path) as home:
        _, case_id = await a_day(home)
        # While it serves.
        for in_the_middle in ("data/.backup-*", "data/.backup-*/rows/*", "backups/*.part"):
            await kill_when(tmp_path, in_the_middle, "backup", cwd=tmp_path, **own)
        code, out, err = await keneya(tmp_path, "backup", **own)
        assert (code, "it was restored once" in out) == (0, True), err
        acts = await home.acts(case_id)
    (made,) = (tmp_path / "backups").glob("*.age")
    assert not list((tmp_path / "data").glob(".backup-*"))
    assert not list((tmp_path / "backups").glob("*.part"))

    new = {"KENEYA_DATA_DIR": str(tmp_path / "new")}
    command = ("restore", str(made), "--identity", str(tmp_path / "identity"))
    await kill_when(tmp_path, "new/.restore/files", *command, cwd=tmp_path, **new)
    await kill_when(tmp_path, "new/keneya.db", *command, cwd=tmp_path, **new)
    with pytest.raises(SettingsError, match="restore was cut off"):
        async with house(tmp_path, data_dir=tmp_path / "new"):
            pass
    code, out, err = await keneya(tmp_path, *command, **new)
    assert (code, "Restored as it was at" in out) == (0, True), err
    code, out, err = await keneya(tmp_path, "audit", "verify", **new)
    assert (code, "The audit trail is whole" in out) == (0, True), err
    async with house(tmp_path, data_dir=tmp_path / "new") as home:
        assert await home.acts(case_id) == acts
