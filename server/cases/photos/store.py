"""Photos of a case: they come in pieces over a thin link, go on where they stopped, and are kept as files.

Owns: the folder ``photos`` in the data folder: ``<id>.pieces`` while it comes, ``<id>.sealed`` when it is whole,
without the metadata of the camera; both sealed with the key of the case. Must never keep what is not a JPEG of the
announced size and hash, nor write a path that was not made from an id of its own.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from weakref import WeakValueDictionary

from aiohttp import web
from sqlalchemy import delete, func, select

from server.cases.access import READS_CASE, Part
from server.cases.errors import CaseRefused, NoSuchCase
from server.cases.kinds import is_recordable
from server.cases.photos.jpeg import NoJpeg, NotAPicture, stripped
from server.cases.photos.photofiles import PhotoFiles
from server.cases.quotas import room_for_photo
from server.cases.store import Cases
from server.cases.tables import CasePhoto
from server.people.principal import Principal
from server.platform.database.engine import DbSessions
from server.platform.ids import new_id
from server.platform.sealing.errors import SealBroken
from server.platform.sealing.keyring import Keyring
from server.platform.sealing.sealedfiles import SealedFile, seal_file
from server.trail.acts import Act
from server.trail.entry import Entry
from server.trail.trail import Trail

# A sharp picture of a wound is 60 kB; one of this size would take a 16 kbit/s link two and a half minutes.
PHOTO_MAX_BYTES = 300_000
# More pictures than a doctor looks at before the call.
PHOTOS_MAX = 6
# A station without power over a long weekend goes on with its upload; what is older is not coming.
UNFINISHED_KEPT_S = 7 * 24 * 3600


class OtherPicture(NotAPicture):
    """What came is not what was announced."""


# What is wrong with a photo, as a key of the catalogs.
CODES = {NotAPicture: "photo_broken", NoJpeg: "photo_kind", OtherPicture: "photo_not_as_sent"}


class Photos:
    """All photos. ``folder`` is made when it is first written to; ``clock`` gives UTC seconds."""

    def __init__(
        self,
        database: DbSessions,
        trail: Trail,
        cases: Cases,
        folder: Path,
        *,
        clock: Callable[[], float],
        keyring: Keyring,
    ) -> None:
        self._database = database
        self._trail = trail
        self._cases = cases
        self.files = PhotoFiles(folder)
        self._clock = clock
        self._keyring = keyring
        # One writer a photo; the lock of a photo that nobody writes goes by itself.
        self._writing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def announce(self, who: Principal, case_id: str, size_bytes: int, sha256: str) -> tuple[str, int]:
        """A photo will come; gives its id and how many bytes are here already. Raises CaseRefused, NoSuchCase."""
        if size_bytes <= 0:
            raise CaseRefused("photo_empty")
        if size_bytes > PHOTO_MAX_BYTES:
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
            photo, key = await self._mine(who, photo_id)
            here = self._received(photo)
            if photo.stored_at is not None:
                return here
            if offset == here and piece:
                if here + len(piece) > photo.size_bytes:
                    raise CaseRefused("photo_not_as_sent")
                await asyncio.to_thread(self.files.part(photo_id).append, key, photo_id, piece)
                here += len(piece)
            if here == photo.size_bytes:
                await self._finish(who, photo, key)
            return here

    async def read(self, who: Principal, photo_id: str) -> bytes:
        """The picture, as JPEG. Raises NoSuchCase, PinNeeded."""
        async with self._database.begin() as db:
            photo = await db.get(CasePhoto, photo_id)
            if photo is None or photo.stored_at is None:
                raise NoSuchCase
            (await self._cases.part(db, who, photo.case_id, *READS_CASE)).readable_by(who)
            key = await self._keyring.key_for(db, photo.case_id)
            await self._trail.record(
                db, Entry(Act.PHOTO_READ, who.participant_id, who.role, photo.case_id, photo_id)
            )
        return await asyncio.to_thread(_picture, self.files.whole(photo_id), key, photo_id)

    async def picture(self, photo_id: str) -> bytes:
        """The picture for a caller who has asked, and whose act is on the trail. Raises NoSuchCase."""
        async with self._database() as db:
            photo = await db.get(CasePhoto, photo_id)
            if photo is None or photo.stored_at is None:
                raise NoSuchCase
            key = await self._keyring.key_for(db, photo.case_id)
        return await asyncio.to_thread(_picture, self.files.whole(photo_id), key, photo_id)

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
        strays = await self.files.untouched_since(before)
        async with self._database() as db:
            strays = {name for name in strays if await db.get(CasePhoto, name) is None}
        await self.files.forget(gone | strays)
        return len(gone | strays)

    async def _mine(self, who: Principal, photo_id: str) -> tuple[CasePhoto, bytes]:
        async with self._database() as db:
            photo = await db.get(CasePhoto, photo_id)
            if photo is None:
                raise NoSuchCase
            await self._cases.part(db, who, photo.case_id, Part.OPENER)
            return photo, await self._keyring.key_for(db, photo.case_id)

    async def _finish(self, who: Principal, photo: CasePhoto, key: bytes) -> None:
        """Write the file before the row: a row without its picture would be wrong."""
        try:
            size = await asyncio.to_thread(self._keep, photo, key)
        except NotAPicture as error:
            raise CaseRefused(CODES[type(error)]) from None
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
        return self.files.part(photo.id).size

    def _keep(self, photo: CasePhoto, key: bytes) -> int:
        """Raises NotAPicture, and forgets the pieces: the station sends it anew."""
        try:
            data = self.files.part(photo.id).read(key, photo.id)
            if hashlib.sha256(data).hexdigest() != photo.sha256:
                raise OtherPicture
            picture = stripped(data)
        except (NotAPicture, SealBroken) as error:
            self.files.pieces(photo.id).unlink()
            raise (error if isinstance(error, NotAPicture) else NotAPicture()) from None
        size = seal_file(self.files.whole(photo.id), key, photo.id, BytesIO(picture))
        self.files.pieces(photo.id).unlink()
        return size


PHOTOS = web.AppKey("photos", Photos)


def _picture(path: Path, key: bytes, photo_id: str) -> bytes:
    return SealedFile(path, key, photo_id).read()
