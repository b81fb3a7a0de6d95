"""The patient's own copy: everything that is held, in both forms, for the station alone, on the trail."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pypdf
import pytest

from server.cases.patientcopy.contents import OwnCopy
from server.cases.patientcopy.words import OWN, SheetLanguage
from tests.server.cases.aday import a_day
from tests.server.cases.photos.test_store import PHOTO
from tests.support.cases import House, Someone, house


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as running:
        yield running


async def copied(
    someone: Someone, case_id: str, form: str, status: int = 200, **fields: Any
) -> tuple[bytes, str]:
    async with someone.client.post(f"/api/cases/{case_id}/copy", json={"form": form} | fields) as answer:
        assert answer.status == status, await answer.text()
        return await answer.read(), answer.headers.get("Content-Disposition", "")


async def test_the_file_for_machines_holds_everything(home: House) -> None:
    doctor, case_id = await a_day(home)
    station = home.stations[0]
    await station.post(f"/api/cases/{case_id}/outcomes", {"outcome": "better", "words": "mange"}, 204)
    data, name = await copied(station, case_id, "json")
    copy = msgspec.json.decode(data, type=OwnCopy)
    assert (copy.format, copy.case.patient_ref, copy.case.reason_text) == (
        "keneya-case",
        "Hirondelle",
        "saigne beaucoup",
    )
    assert [note.note for note in copy.case.notes] == ["paludisme"]
    assert [one.letter for one in copy.case.referrals] == ["Merci."]
    assert [one.words for one in copy.case.outcomes] == ["mange"]
    assert [(one.scope, one.explained_by) for one in copy.agreements] == [
        ("teleconsultation", "Fatou"),
        ("referral", "Fatou"),
    ]
    assert [(one.name, one.role) for one in copy.people] == [("Dr traore", "clinician")]
    assert "note_written" in [act.act for act in copy.acts]
    (picture,) = copy.photos.values()
    assert base64.b64decode(picture)[-60:] == PHOTO[-60:]
    assert case_id in name
    assert "Hirondelle" not in name
    assert (await home.acts(case_id))[-1] == ("copy_made", station.id)
    await copied(doctor, case_id, "json", 403)


@pytest.mark.parametrize("language", list(SheetLanguage))
async def test_the_pdf_can_be_read_in_each_language(home: House, language: SheetLanguage) -> None:
    _, case_id = await a_day(home)
    data, _ = await copied(home.stations[0], case_id, "pdf", language=language.value)
    read = pypdf.PdfReader(io.BytesIO(data))
    text = "\n".join(page.extract_text() for page in read.pages)
    for expected in (
        OWN[language]["copy.title"],
        "Hirondelle",
        "saigne beaucoup",
        "paludisme",
        "Merci.",
        "Fatou",
    ):
        assert expected in text, text
    assert len([image for page in read.pages for image in page.images]) == 1
    # Every code is told in words.
    assert not [word for word in ("case_opened", "note_written", "copy_made", "psychology") if word in text]


async def test_nobody_else_gets_one(home: House) -> None:
    _, case_id = await a_day(home)
    other = await home.station("CSCom de Mopti")
    await copied(other, case_id, "pdf", 404)
    await copied(other, case_id, "odt", 422)
