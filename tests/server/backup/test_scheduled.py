"""A running server makes its backups by itself, and goes on after one that failed."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from server.backup import scheduled
from server.platform.settings.config import Settings
from tests.server.backup.test_backup import IDENTITY
from tests.server.test_main import start
from tests.support.patience import PATIENCE_S


async def test_a_server_backs_itself_up(tmp_path: Path) -> None:
    process = await start(
        tmp_path, "serve",
        KENEYA_HTTP_PORT="0", KENEYA_MEDIA_PORT="0", KENEYA_DATA_DIR=str(tmp_path / "data"),
        KENEYA_BACKUP_DIR=str(tmp_path / "backups"), KENEYA_BACKUP_RECIPIENTS=str(IDENTITY.to_public()),
        KENEYA_BACKUP_EVERY_S="86400",
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not list((tmp_path / "backups").glob("*.age")):
                assert process.returncode is None, (await process.communicate())[1].decode()
                await asyncio.sleep(0.05)
    finally:
        process.terminate()
        await process.communicate()


async def test_a_backup_that_failed_is_counted_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduled, "AGAIN_S", 0.0)
    settings = Settings(
        data_dir=tmp_path, backup_dir=tmp_path, backup_recipients=("age1",), backup_every_s=60
    )
    tries = tmp_path / "tries"
    fails = [sys.executable, "-c", f"open({str(tries)!r}, 'a').write('x'); raise SystemExit(1)"]
    before = scheduled.FAILED._value.get()
    task = asyncio.create_task(scheduled.keep_backing_up(settings, fails))
    async with asyncio.timeout(PATIENCE_S):
        while not (tries.exists() and len(tries.read_text()) >= 2):  # noqa: ASYNC110 (another process writes)
            await asyncio.sleep(0.05)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert scheduled.FAILED._value.get() >= before + 1
