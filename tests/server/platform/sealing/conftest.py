"""A database with two sealed cases."""

from __future__ import annotations

import pytest

from server.people.tables import Account, Site, Station
from server.platform.database.engine import DbSessions
from tests.support.sealing import a_case, a_note


@pytest.fixture
async def cases(database: DbSessions) -> DbSessions:
    async with database.begin() as db:
        db.add(Site(id="si_1", name="CSRéf de Kayes", created_at=1.0))
        await db.flush()
        db.add(Station(id="st_1", site_id="si_1", name="Poste 1", created_at=1.0))
        db.add(Account(id="ac_1", login="dr", name="Dr", role="clinician", password_hash="", created_at=1.0))
        await db.flush()
        db.add_all([a_case("ca_1"), a_case("ca_2", "412")])
        await db.flush()
        db.add_all([a_note("ca_1"), a_note("ca_1", "autre", 3.0), a_note("ca_2")])
    return database
