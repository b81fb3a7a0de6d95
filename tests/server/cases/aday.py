"""A case with everything that hangs on one, for tests of what becomes of cases."""

from __future__ import annotations

from server.consents import ConsentScope
from tests.server.cases.photos.test_store import PHOTO, announce, piece
from tests.support.cases import House, Someone


async def a_day(home: House) -> tuple[Someone, str]:
    """A case with everything that hangs on one."""
    station, doctor = await home.station(), await home.person("traore")
    case_id = await home.open_case(station, patient_ref="Hirondelle", reason_text="saigne beaucoup")
    photo_id = (await announce(station, case_id))["id"]
    await piece(station, photo_id, 0, PHOTO)
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    await doctor.post(f"/api/cases/{case_id}/notes", {"note": "paludisme"}, 204)
    await home.consent(station, case_id, ConsentScope.REFERRAL, "psychology")
    await doctor.post(f"/api/cases/{case_id}/referrals", {"recipient": "psychology", "letter": "Merci."})
    return doctor, case_id
