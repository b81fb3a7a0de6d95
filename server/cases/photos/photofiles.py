"""The files of photos, by the id of the photo: `store.py` says what they are.

Owns: their names, and forgetting them. Must never make a path of anything but an id of our own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from server.platform.sealing.sealedfiles import Pieces

PIECES, WHOLE = ".pieces", ".sealed"


class PhotoFiles:
    """The files in ``folder``, which is made when it is first written to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def part(self, photo_id: str) -> Pieces:
        """What has come of a photo that is not whole."""
        return Pieces(self.pieces(photo_id))

    def pieces(self, photo_id: str) -> Path:
        """The file of that."""
        return self._folder / f"{photo_id}{PIECES}"

    def whole(self, photo_id: str) -> Path:
        """The file of a whole photo."""
        return self._folder / f"{photo_id}{WHOLE}"

    async def forget(self, photo_ids: Iterable[str]) -> None:
        """Delete the files of these photos."""
        paths = [path for one in photo_ids for path in (self.pieces(one), self.whole(one))]
        await asyncio.to_thread(_unlink, paths)

    async def untouched_since(self, before: float) -> set[str]:
        """The ids of photos whose file nobody has written to since."""
        return await asyncio.to_thread(self._untouched_since, before)

    def _untouched_since(self, before: float) -> set[str]:
        found = (path for ending in (PIECES, WHOLE) for path in self._folder.glob(f"*{ending}"))
        return {path.stem for path in found if path.stat().st_mtime < before}


def _unlink(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
