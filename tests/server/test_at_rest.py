"""Planted names, words and pixels: no file of the server, no page of its database and no log line shows one."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from server.consents import ConsentScope
from tests.server.backup.test_backup import backed_up
from tests.server.cases.photos.test_jpeg import EXIF
from tests.server.cases.photos.test_store import PHOTO, announce, piece
from tests.support.cases import house
from tests.support.server import files_of

# Words of this test alone: other tests write theirs into the same PostgreSQL.
ALIAS, REASON, NOTE, ANSWER = "Tourterelle", "saigne depuis hier soir", "grossesse cachée", "repos complet"
ADVICE, LETTER, WORDS = "ne rien porter", "merci de la recevoir", "morte en route"
GIVER, EXPLAINER = "Mariam Plantée", "Fatou Plantée"
# The form in which a reference is compared is as secret as the reference.
PLANTED = (ALIAS, ALIAS.casefold(), REASON, NOTE, ANSWER, ADVICE, LETTER, WORDS, GIVER, EXPLAINER)
# Twenty bytes of the picture's own data, from its middle, and of what the camera wrote beside it.
PIXELS = (PHOTO[-120:-100], EXIF[4:24])
CONSENT = {
    "scope": "teleconsultation", "given": True, "language": "bm", "text_id": "teleconsultation-1", "how": "spoken",
    "giver": "mother", "giver_name": GIVER, "explained_by": EXPLAINER,
}  # fmt: skip
# What is in clear, by which the search is seen to work.
KNOWN = b"Dr traore"


async def test_nothing_about_a_patient_is_readable_on_disk_or_in_the_log(
    database_url: str, tmp_path: Path, request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]
) -> None:
    async with house(tmp_path, database_url=database_url, log_level="debug") as home:
        station, doctor = await home.station(), await home.person("traore")
        fields = {"urgency": "red", "patient_ref": ALIAS, "reason_text": REASON}
        case_id = (await station.post("/api/cases", fields))["id"]
        await station.post(f"/api/cases/{case_id}/consents", CONSENT)
        photo_id = (await announce(station, case_id))["id"]
        await piece(station, photo_id, 0, PHOTO[:300])
        await piece(station, photo_id, 300, PHOTO[300:])
        unfinished = (await announce(station, case_id, PHOTO + b"x"))["id"]
        await piece(station, unfinished, 0, PHOTO)
        await home.ask(station, case_id)
        await home.accept(doctor, case_id)
        typed = {"note": NOTE, "answer": ANSWER, "advice": ADVICE}
        await doctor.post(f"/api/cases/{case_id}/notes", typed, 204)
        await home.consent(station, case_id, ConsentScope.REFERRAL, "psychology")
        await doctor.post(f"/api/cases/{case_id}/referrals", {"recipient": "psychology", "letter": LETTER})
        await station.post(f"/api/cases/{case_id}/outcomes", {"outcome": "died", "words": WORDS}, 204)
        found = await station.post("/api/cases/search", {"patient_ref": f" {ALIAS} "}, 200)
        assert [line["id"] for line in found][-1:] == [case_id]
        await backed_up(home, tmp_path)
        shown = _shown(tmp_path, database_url, request)
    shown |= {f"{name}, ended": data for name, data in _shown(tmp_path, database_url, request).items()}
    out, err = capfd.readouterr()
    shown["log"] = (out + err).encode()
    assert [name for name, data in shown.items() if KNOWN in data]
    planted = [form for word in PLANTED for form in _forms(word.encode())] + list(PIXELS)
    assert [(name, word) for name, data in shown.items() for word in planted if word in data] == []


def _forms(word: bytes) -> list[bytes]:
    """The word itself, and inside of base64 wherever it begins there: coding is no sealing."""
    return [word, *(base64.b64encode(bytes(shift) + word + bytes(3))[4:-8] for shift in range(3))]


def _shown(tmp_path: Path, url: str, request: pytest.FixtureRequest) -> dict[str, bytes]:
    """Every file of the server and of its database."""
    folders = [tmp_path]
    if url.startswith("postgresql"):
        own = request.getfixturevalue("postgresql").server
        own.run("psql", "-h", str(own.folder), "-U", "postgres", "-c", "CHECKPOINT", "template1")
        folders.append(own.folder / "data")
    return {str(path): path.read_bytes() for folder in folders for path in files_of(folder)}
