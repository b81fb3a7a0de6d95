"""Files that only the server's user reads, on the disk when the block that writes them ends.

Owns: their mode and the order of flush and fsync. Must never replace a file that is in use: whoever does writes
aside and renames.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def written_privately(path: Path) -> Iterator[BinaryIO]:
    """Write a file anew; its folder must be there."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Have the names of a folder on the disk: what was renamed or linked there stays after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
