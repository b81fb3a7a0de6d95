"""Which files a backup holds beside the rows, and where they go when it is restored.

Owns: the names in the archive. The master key goes along: without it the rest opens nothing. Must never take a file
of the database itself, nor what is unfinished.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from server.platform.database.serving import LOCK_SUFFIX
from server.platform.settings.config import Settings

ROWS, FILES, AUDIT_KEYS, CHECKPOINTS = "rows", "files", "audit_keys", "checkpoints"
MASTER_KEYS = "master.key"
# A file in data_dir while a restore is under way.
MARK = "restore-is-not-done"
DATABASE = "keneya.db"
UNFINISHED = (".made", ".part")


def folders(settings: Settings) -> dict[str, Path]:
    """By the first part of their names in the archive, the folders that files come from."""
    found = {FILES: settings.data_dir, AUDIT_KEYS: settings.audit_keys}
    if settings.checkpoint_dir != settings.audit_keys:
        found[CHECKPOINTS] = settings.checkpoint_dir
    return {name: folder.resolve() for name, folder in found.items()}


def files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Every file to take, by its name in the archive."""
    own = folders(settings)
    # Folders inside of data_dir that are no part of the data, or have a name of their own.
    inner = [folder for name, folder in own.items() if name != FILES]
    inner += [settings.backup_dir.resolve()] if settings.backup_dir else []
    for name, folder in own.items():
        for path in sorted(folder.rglob("*")):
            if name == FILES and any(path.is_relative_to(other) for other in inner):
                continue
            if path.is_file() and not _is_left_out(path.relative_to(folder)):
                yield f"{name}/{path.relative_to(folder)}", path


def _is_left_out(path: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.parts)
    own = len(path.parts) == 1 and (path.name.startswith(DATABASE) or path.name == MASTER_KEYS)
    return hidden or own or path.suffix in (*UNFINISHED, LOCK_SUFFIX)
