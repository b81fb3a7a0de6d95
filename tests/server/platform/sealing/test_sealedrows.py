"""Texts about patients are sealed in the database, each to its row; one that was moved or changed does not open."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from server.cases.tables import CaseFile, Consultation
from server.platform.database.engine import DbSessions, sessions_of
from server.platform.redacted import Redacted
from server.platform.sealing.errors import KeyDestroyed, SealBroken
from server.platform.sealing.keyring import Keyring
from server.platform.sealing.masterkeys import GivenKeys, new_master_key, written
from server.platform.sealing.plainrows import seal_what_is_plain
from server.platform.sealing.sealedrows import info_with
from server.platform.sealing.tables import DataKey
from server.platform.settings.config import SettingsError
from tests.support.databases import KEYRING
from tests.support.sealing import SECRETS, a_case, a_note, notes


async def raw(engine: AsyncEngine) -> str:
    """Every value of the tables, as the database holds it."""
    found = []
    async with engine.connect() as connection:
        for table in ("case_file", "case_note", "data_key", "sealing_state"):
            rows = await connection.execute(text(f"SELECT * FROM {table}"))
            found += [str(value) for row in rows for value in row]
    return "\n".join(found)


async def change(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement))


async def test_the_database_holds_no_word_and_the_program_reads_them(
    cases: DbSessions, engine: AsyncEngine
) -> None:
    held = await raw(engine)
    assert not [secret for secret in SECRETS if secret in held]
    first, second = await notes(cases, "ca_1")
    assert (first.answer.reveal(), first.note.reveal(), first.advice.reveal()) == (SECRETS[2], SECRETS[3], "")
    assert second.answer.reveal() == "autre"
    async with cases() as db:
        case = await db.get_one(CaseFile, "ca_1")
    assert (case.patient_ref.reveal(), case.reason_text.reveal()) == (SECRETS[0], SECRETS[1])
    assert str(case.reason_text) == "[redacted]"


async def test_equal_texts_look_different_and_unequal_ones_are_equally_long(
    cases: DbSessions, engine: AsyncEngine
) -> None:
    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT patient_ref, reason_text FROM case_file"))).all()
    assert rows[0].reason_text != rows[1].reason_text
    assert len(rows[0].patient_ref) == len(rows[1].patient_ref)


CHANGES = [
    "UPDATE case_note SET answer = (SELECT answer FROM case_note AS o WHERE o.written_at = 3.0)",
    "UPDATE case_note SET answer = note",
    "UPDATE case_note SET answer = (SELECT answer FROM case_note AS o WHERE o.case_id = 'ca_2')",
    "UPDATE case_note SET written_at = 9.0",
    "UPDATE data_key SET sealed_key = (SELECT sealed_key FROM data_key AS o WHERE o.owner_id = 'ca_2')",
    "UPDATE case_note SET answer = 'paludisme'",
    "UPDATE case_note SET answer = ''",
]
# What opens is worked out beside the database: on PostgreSQL, one change shows that a text is bound to its row.
CHANGED = [*(("sqlite", change) for change in CHANGES), ("postgresql", CHANGES[0])]


@pytest.mark.parametrize(("database_url", "statement"), CHANGED, indirect=["database_url"])
async def test_what_was_moved_or_changed_in_the_database_does_not_open(
    cases: DbSessions, engine: AsyncEngine, statement: str
) -> None:
    where = (
        " WHERE owner_id = 'ca_1'"
        if "data_key" in statement
        else " WHERE written_at = 2.25 AND case_id = 'ca_1'"
    )
    await change(engine, statement + where)
    with pytest.raises(ValueError if "paludisme" in statement else SealBroken):
        (await notes(cases, "ca_1"))[0].answer.reveal()


async def test_a_destroyed_key_erases_its_case_and_no_other(cases: DbSessions, engine: AsyncEngine) -> None:
    async with cases.begin() as db:
        await KEYRING.destroy(db, "ca_1", 9.0)
    with pytest.raises(KeyDestroyed):
        (await notes(cases, "ca_1"))[0].answer.reveal()
    with pytest.raises(KeyDestroyed):
        async with cases.begin() as db:
            db.add(a_note("ca_1"))
    assert (await notes(cases, "ca_2"))[0].answer.reveal() == SECRETS[2]


async def test_a_text_goes_into_the_database_sealed_or_not_at_all(
    cases: DbSessions, engine: AsyncEngine
) -> None:
    unsealing = sessions_of(engine)
    with pytest.raises(Exception, match="goes into the database by a row that seals it"):
        async with unsealing.begin() as db:
            db.add(a_note("ca_1"))
    with pytest.raises(SealBroken):
        (await notes(unsealing, "ca_1"))[0].answer.reveal()


async def test_the_wrong_master_key_is_one_line_before_anything_is_served(
    cases: DbSessions, engine: AsyncEngine
) -> None:
    other = Keyring(GivenKeys(written(new_master_key())))
    with pytest.raises(SettingsError, match="the database is sealed to the key"):
        await seal_what_is_plain(sessions_of(engine, info_with(other)), other, lambda: 5.0)


async def test_a_text_that_goes_along_into_another_case_is_sealed_to_that_case(
    cases: DbSessions, engine: AsyncEngine
) -> None:
    async with cases.begin() as db:
        of = await db.get_one(CaseFile, "ca_1")
        sent = a_case("ca_3")
        sent.patient_ref = of.patient_ref
        db.add(sent)
    async with cases.begin() as db:
        await KEYRING.destroy(db, "ca_1", 9.0)
    async with cases() as db:
        assert (await db.get_one(CaseFile, "ca_3")).patient_ref.reveal() == SECRETS[0]


async def test_a_changed_text_is_sealed_anew_and_an_equal_one_stays(
    cases: DbSessions, engine: AsyncEngine
) -> None:
    def asked(reason: str) -> Consultation:
        return Consultation(
            id="ca_1", station_id="st_1", site="", station_name="", urgency="green", reason=Redacted(reason),
            state="requested", requested_at=1.0,
        )  # fmt: skip

    async def held() -> Any:
        async with engine.connect() as connection:
            return (await connection.execute(text("SELECT reason FROM consultation"))).scalar_one()

    seen = []
    for reason in ("saigne", "saigne", "saigne beaucoup"):
        async with cases.begin() as db:
            await db.merge(asked(reason))
        seen.append(await held())
    assert seen[0] == seen[1] != seen[2]
    async with cases() as db:
        assert (await db.get_one(Consultation, "ca_1")).reason.reveal() == "saigne beaucoup"
    async with cases() as db:
        assert await db.scalar(select(DataKey.owner_id).where(DataKey.owner_id == "ca_1"))
