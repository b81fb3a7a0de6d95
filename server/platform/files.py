"""Small files that are whole or not there at all, whatever ends the process or the machine in the middle.

Owns: writing aside and moving into place. Must never leave half a file under its name, nor make one that other
users can read unless that is asked for.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_once(path: Path, data: bytes) -> None:
    """Write a file unless it is there already: of two processes that begin at once, the first one's stays."""
    aside = _aside(path, data)
    try:
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        aside.unlink()
    _folder_to_disk(path.parent)


def replace(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file in place of the one that is there."""
    aside = _aside(path, data)
    try:
        aside.chmod(mode)
        aside.replace(path)
    except BaseException:
        aside.unlink()
        raise
    _folder_to_disk(path.parent)


def _aside(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A name that nobody has used: one of a killed process must not stand in the way (in a container, every
    # server is process 1).
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _folder_to_disk(folder: Path) -> None:
    """A new name is on disk once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
