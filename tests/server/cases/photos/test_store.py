"""Photos arrive in pieces over a link that breaks; they are kept whole and stripped, for permitted readers only."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from server.cases.photos.store import PHOTO_MAX_BYTES, PHOTOS_MAX
from tests.server.cases.photos.test_jpeg import EXIF, PLAIN
from tests.support.cases import House, Someone, house

PHOTO = PLAIN[:2] + EXIF + PLAIN[2:]
SHA = hashlib.sha256(PHOTO).hexdigest()


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as running:
        yield running


async def announce(station: Someone, case_id: str, photo: bytes = PHOTO) -> dict[str, Any]:
    sha = hashlib.sha256(photo).hexdigest()
    body = {"size_bytes": len(photo), "sha256": sha}
    return dict(await station.post(f"/api/cases/{case_id}/photos", body, 200))


async def piece(station: Someone, photo_id: str, offset: int, data: bytes, status: int = 200) -> Any:
    headers = {"Upload-Offset": str(offset), "Content-Type": "application/octet-stream"}
    async with station.client.post(f"/api/photos/{photo_id}", data=data, headers=headers) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


async def test_an_upload_resumes_where_the_link_broke(home: House) -> None:
    station, doctor = await home.station(), await home.person("traore")
    case_id = await home.open_case(station)
    announced = await announce(station, case_id)
    assert announced["received_bytes"] == 0
    photo_id = announced["id"]
    await piece(station, photo_id, 0, PHOTO[:300])
    # The answer was lost: the same piece again changes nothing, a gap is not written.
    assert (await piece(station, photo_id, 0, PHOTO[:300]))["received_bytes"] == 300
    assert (await piece(station, photo_id, 400, PHOTO[400:]))["received_bytes"] == 300
    assert await announce(station, case_id) == {"id": photo_id, "received_bytes": 300}
    assert (await piece(station, photo_id, 300, PHOTO[300:]))["received_bytes"] == len(PHOTO)

    await home.ask(station, case_id)
    assert (await doctor.get(f"/api/cases/{case_id}"))["photos"] == [{"id": photo_id, "stored": True}]
    async with doctor.client.get(f"/api/photos/{photo_id}") as answer:
        picture = await answer.read()
        assert (answer.status, answer.content_type) == (200, "image/jpeg")
    assert picture.startswith(b"\xff\xd8")
    assert b"GPS" not in picture
    folder = home.server.settings.data_dir / "photos"
    assert [path.name for path in sorted(folder.iterdir())] == [f"{photo_id}.sealed"]
    assert (folder / f"{photo_id}.sealed").stat().st_mode & 0o077 == 0


async def test_an_invalid_picture_is_not_kept(home: House) -> None:
    station = await home.station()
    case_id = await home.open_case(station)
    for junk, code in ((b"MZ not a picture", "photo_kind"), (PHOTO[:-40], "photo_broken")):
        photo_id = (await announce(station, case_id, junk))["id"]
        assert await piece(station, photo_id, 0, junk, 422) == {"code": code}
    wrong = await announce(station, case_id)
    other = PHOTO[:-2] + b"xx"  # the right size, but not the announced content
    assert await piece(station, wrong["id"], 0, other, 422) == {"code": "photo_not_as_sent"}
    assert (await announce(station, case_id))["received_bytes"] == 0
    assert list((home.server.settings.data_dir / "photos").iterdir()) == []


async def test_photos_are_bounded_in_size_and_number(home: House) -> None:
    station = await home.station()
    case_id = await home.open_case(station)
    too_large = {"size_bytes": PHOTO_MAX_BYTES + 1, "sha256": SHA}
    for body, code in ((too_large, "photo_too_large"), ({"size_bytes": 0, "sha256": SHA}, "photo_empty")):
        assert await station.post(f"/api/cases/{case_id}/photos", body, 422) == {"code": code}
    for n in range(PHOTOS_MAX):
        await announce(station, case_id, PHOTO + bytes([n]))
    body = {"size_bytes": 10, "sha256": SHA}
    assert await station.post(f"/api/cases/{case_id}/photos", body, 422) == {"code": "photo_too_many"}
    photo_id = (await announce(station, case_id, PHOTO + b"\0"))["id"]
    longer = await piece(station, photo_id, 0, PHOTO + b"\0more", 422)
    assert longer == {"code": "photo_not_as_sent"}


async def test_people_without_a_part_in_the_case_find_no_photo(home: House) -> None:
    station, other = await home.station(), await home.station("CSCom de Mopti")
    bystander = await home.person("keita")
    case_id = await home.open_case(station)
    photo_id = (await announce(station, case_id))["id"]
    await piece(other, photo_id, 0, PHOTO, 404)
    await piece(station, photo_id, 0, PHOTO)
    for someone in (other, bystander):
        await someone.get(f"/api/photos/{photo_id}", 404)
        await someone.get("/api/photos/..%2Fkeneya.db", 404)
    await other.post(f"/api/cases/{case_id}/photos", {"size_bytes": 10, "sha256": SHA}, 404)
