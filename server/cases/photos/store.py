"""Photos of a case: they come in pieces over a thin link, go on where they stopped, and are kept as files.

Owns: the folder ``photos`` in the data folder: ``<id>.part`` while it comes, ``<id>.jpg`` when it is whole, without
the metadata of the camera. Must never keep what is not a JPEG of the announced size and hash, nor write a path that
was not made from an id of its own. The files are not sealed yet: whoever reads the disk reads them.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from weakref import WeakValueDictionary

from aiohttp import web
from sqlalchemy import delete, func, select

from server.cases.access import READS_CASE, Part
from server.cases.errors import CaseRefused, NoSuchCase
from server.cases.kinds import is_recordable
from server.cases.photos.jpeg import NotAPicture, stripped
from server.cases.quotas import room_for_photo
from server.cases.store import Cases
from server.cases.tables import CasePhoto
from server.people.principal import Principal
from server.platform.database.engine import DbSessions
from server.platform.ids import new_id
from server.trail.acts import Act
from server.trail.entry import Entry
from server.trail.trail import Trail

# A sharp picture of a wound is 60 kB; one of this size would take a 16 kbit/s link two and a half minutes.
PHOTO_MAX_BYTES = 300_000
# More pictures than a doctor looks at before the call.
PHOTOS_MAX = 6
# A station without power over a long weekend goes on with its upload; what is older is not coming.
UNFINISHED_KEPT_S = 7 * 24 * 3600


class Photos:
    """All photos. ``folder`` is made when it is first written to; ``clock`` gives UTC seconds."""

    def __init__(
        self, database: DbSessions, trail: Trail, cases: Cases, folder: Path, clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._trail = trail
        self._cases = cases
        self._folder = folder
        self._clock = clock
        # One writer a photo; the lock of a photo that nobody writes goes by itself.
        self._writing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def announce(self, who: Principal, case_id: str, size_bytes: int, sha256: str) -> tuple[str, int]:
        """A photo will come; gives its id and how many bytes are here already. Raises CaseRefused, NoSuchCase."""
        if not 0 < size_bytes <= PHOTO_MAX_BYTES:
            raise CaseRefused("photo_too_large")
        async with self._database.begin() as db:
            found = await self._cases.part(db, who, case_id, Part.OPENER)
            if not is_recordable(found.case.kind):
                raise CaseRefused("case_no_photos")
            same = select(CasePhoto).where(CasePhoto.case_id == case_id, CasePhoto.sha256 == sha256)
            known = (await db.scalars(same.with_for_update())).first()
            if known is not None:
                return known.id, self._received(known)
            count = select(func.count()).where(CasePhoto.case_id == case_id)
            if (await db.scalar(count) or 0) >= PHOTOS_MAX:
                raise CaseRefused("photo_too_many")
            await room_for_photo(db, found.case.station_id, size_bytes, self._clock())
            photo = CasePhoto(
                id=new_id("ph"),
                case_id=case_id,
                size_bytes=size_bytes,
                sha256=sha256,
                announced_at=self._clock(),
            )
            db.add(photo)
            return photo.id, 0

    async def write(self, who: Principal, photo_id: str, offset: int, piece: bytes) -> int:
        """Add a piece that begins at ``offset``; gives how many bytes are here now. Raises CaseRefused, NoSuchCase.

        A piece that does not begin where the last one ended is not written; the answer tells where to go on.
        An empty piece finishes what was whole when the power went.
        """
        lock = self._writing.setdefault(photo_id, asyncio.Lock())
        async with lock:
            photo = await self._mine(who, photo_id)
            here = self._received(photo)
            if photo.stored_at is not None:
                return here
            if offset == here and piece:
                if here + len(piece) > photo.size_bytes:
                    raise CaseRefused("photo_broken")
                await asyncio.to_thread(_append, self._part(photo_id), piece)
                here += len(piece)
            if here == photo.size_bytes:
                await self._finish(who, photo)
            return here

    async def read(self, who: Principal, photo_id: str) -> bytes:
        """The picture, as JPEG. Raises NoSuchCase."""
        async with self._database.begin() as db:
            photo = await db.get(CasePhoto, photo_id)
            if photo is None or photo.stored_at is None:
                raise NoSuchCase
            await self._cases.part(db, who, photo.case_id, *READS_CASE)
            await self._trail.record(
                db, Entry(Act.PHOTO_READ, who.participant_id, who.role, photo.case_id, photo_id)
            )
        return await asyncio.to_thread(self._whole(photo_id).read_bytes)

    async def sweep(self) -> int:
        """Forget uploads that are not coming any more, and pieces that belong to none; how many there were."""
        before = self._clock() - UNFINISHED_KEPT_S
        late = select(CasePhoto.id).where(CasePhoto.stored_at.is_(None), CasePhoto.announced_at < before)
        async with self._database() as db:
            gone = set(await db.scalars(late))
        for photo_id in gone:
            lock = self._writing.setdefault(photo_id, asyncio.Lock())
            async with lock, self._database.begin() as db:
                # Still unfinished: it may have been finished since.
                unfinished = CasePhoto.stored_at.is_(None)
                await db.execute(delete(CasePhoto).where(CasePhoto.id == photo_id, unfinished))
        strays = await asyncio.to_thread(_pieces_before, self._folder, before)
        async with self._database() as db:
            strays = {name for name in strays if await db.get(CasePhoto, name) is None}
        await asyncio.to_thread(_forget, [self._part(name) for name in gone | strays])
        return len(gone | strays)

    async def _mine(self, who: Principal, photo_id: str) -> CasePhoto:
        async with self._database() as db:
            photo = await db.get(CasePhoto, photo_id)
            if photo is None:
                raise NoSuchCase
            await self._cases.part(db, who, photo.case_id, Part.OPENER)
            return photo

    async def _finish(self, who: Principal, photo: CasePhoto) -> None:
        """Write the file before the row: a row without its picture would be wrong."""
        try:
            size = await asyncio.to_thread(_keep, self._part(photo.id), self._whole(photo.id), photo.sha256)
        except NotAPicture:
            raise CaseRefused("photo_broken") from None
        async with self._database.begin() as db:
            stored = await db.get(CasePhoto, photo.id)
            if stored is None:
                raise NoSuchCase
            stored.stored_at = self._clock()
            entry = Entry(
                Act.PHOTO_STORED,
                who.participant_id,
                who.role,
                photo.case_id,
                photo.id,
                {"size_bytes": size},
            )
            await self._trail.record(db, entry)

    def _received(self, photo: CasePhoto) -> int:
        if photo.stored_at is not None:
            return photo.size_bytes
        part = self._part(photo.id)
        return part.stat().st_size if part.exists() else 0

    def _part(self, photo_id: str) -> Path:
        return self._folder / f"{photo_id}.part"

    def _whole(self, photo_id: str) -> Path:
        return self._folder / f"{photo_id}.jpg"


PHOTOS = web.AppKey("photos", Photos)


def _pieces_before(folder: Path, before: float) -> set[str]:
    """The ids of uploads of which nothing has come since."""
    return {path.stem for path in folder.glob("*.part") if path.stat().st_mtime < before}


def _forget(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _append(path: Path, piece: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
        file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _keep(part: Path, whole: Path, sha256: str) -> int:
    """Raises NotAPicture, and forgets the pieces: the station sends it anew."""
    try:
        data = part.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise NotAPicture
        picture = stripped(data)
    except NotAPicture:
        part.unlink()
        raise
    made = whole.with_suffix(".made")
    made.unlink(missing_ok=True)
    _append(made, picture)
    made.replace(whole)
    part.unlink()
    return len(picture)
