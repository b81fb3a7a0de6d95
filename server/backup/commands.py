"""`keneya backup` and `keneya restore`.

Owns: the commands. Must never show anything of what is in a backup.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from server.backup.archive import Identity, identity_of
from server.backup.backups import make_backup
from server.backup.errors import BackupFailed
from server.backup.restore import restore as restore_backup
from server.platform.command_line import ConfigOption, console, refuse, run, settings_of
from server.platform.settings.config import SettingsError


def backup(config: ConfigOption = None) -> None:
    """Make a backup and try it out; the server may run. `backup_dir` says where, `backup_recipients` for whom."""
    settings = settings_of(config)

    async def work() -> None:
        try:
            made = await make_backup(settings, time.time())
        except BackupFailed as error:
            refuse(str(error))
        console.print(
            f"{made.path}: {made.size_bytes} bytes, {made.rows} rows; it was restored once to try it out.",
            highlight=False,
            soft_wrap=True,
        )

    run(settings, work)


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    identity: Annotated[
        Path, typer.Option("--identity", help="File with the age identity (AGE-SECRET-KEY-1...).")
    ],
    config: ConfigOption = None,
) -> None:
    """Restore a backup on an empty machine. After a power cut, run it again."""
    settings = settings_of(config)

    async def work() -> None:
        try:
            manifest = await restore_backup(file, _identities(identity), settings)
        except BackupFailed as error:
            refuse(str(error))
        console.print(
            f"Restored as it was at {manifest['made_at']}. Now run `keneya audit verify` with the checkpoints that "
            "you keep on another machine, then `keneya serve`.",
            highlight=False,
            soft_wrap=True,
        )

    run(settings, work)


def _identities(path: Path) -> list[Identity]:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        found = [identity_of(line.strip()) for line in lines if line.strip() and not line.startswith("#")]
    except (OSError, ValueError) as error:
        raise SettingsError(f"--identity: cannot be read ({type(error).__name__})") from None
    if not found:
        raise SettingsError("--identity: holds no identity")
    return found
