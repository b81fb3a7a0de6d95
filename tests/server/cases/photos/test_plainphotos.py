"""Pictures of earlier versions, in clear, are sealed at the start; no start takes one away before it is sealed."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.cases.photos import plainphotos
from server.cases.photos.plainphotos import seal_plain_photos
from server.platform.http.keys import DATABASE, SEALING
from tests.server.cases.photos.test_jpeg import PLAIN
from tests.server.cases.photos.test_store import PHOTO, announce, piece
from tests.support.cases import house
from tests.support.server import files_of


async def test_a_picture_in_clear_is_sealed_and_read_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as home:
        station = await home.station()
        case_id = await home.open_case(station)
        photo_id = (await announce(station, case_id))["id"]
        await piece(station, photo_id, 0, PHOTO)
        folder = home.server.settings.data_dir / "photos"
        # As the version before kept it, with an upload that had begun, and a picture that no row knows.
        (folder / f"{photo_id}.sealed").unlink()
        for name in (f"{photo_id}.jpg", "ph_begun.part", "ph_stray.jpg"):
            (folder / name).write_bytes(PLAIN)
        app = home.server.app

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(plainphotos, "seal_file", killed)
            with pytest.raises(KeyboardInterrupt):
                await seal_plain_photos(app[DATABASE], app[SEALING], folder)
        assert (folder / f"{photo_id}.jpg").exists()
        await seal_plain_photos(app[DATABASE], app[SEALING], folder)
        assert [path.name for path in files_of(folder)] == [f"{photo_id}.sealed"]
        assert PLAIN[-60:] not in (folder / f"{photo_id}.sealed").read_bytes()
        async with station.client.get(f"/api/photos/{photo_id}") as answer:
            assert await answer.read() == PLAIN
