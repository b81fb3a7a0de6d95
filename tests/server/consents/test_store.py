"""Consents on both databases: the newest answer decides, a withdrawal holds, and the trail knows all of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from server.audit.reading import pages
from server.consents import (
    Consent,
    ConsentMissing,
    ConsentRefusedAsWritten,
    Consents,
    ConsentScope,
    Giver,
    How,
)
from server.platform.database.engine import DbSessions
from server.platform.redacted import Redacted
from server.trail.trail import Trail
from signaling.messages import Role
from tests.server.consents.test_consent import answer

CASE = "ca_1"
CALL = ConsentScope.TELECONSULTATION


@pytest.fixture
def consents() -> Consents:
    # A clock that stands still: the order of answers must not depend on it.
    return Consents(Trail(lambda: 5.0), lambda: 5.0)


async def say(database: DbSessions, consents: Consents, **fields: Any) -> Consent:
    async with database.begin() as db:
        return await consents.record(db, answer(**fields), Role.STATION)


async def allowed(
    database: DbSessions, consents: Consents, scope: ConsentScope = CALL, recipient: str | None = None
) -> bool:
    async with database.begin() as db:
        try:
            await consents.require(db, CASE, scope, recipient=recipient)
        except ConsentMissing:
            return False
        return True


async def withdraw(database: DbSessions, consents: Consents) -> bool:
    async with database.begin() as db:
        return await consents.withdraw(db, CASE, CALL, by="st_1", role=Role.STATION)


async def test_nothing_is_allowed_before_a_consent(database: DbSessions, consents: Consents) -> None:
    assert not await allowed(database, consents)
    await say(database, consents, given=False)
    assert not await allowed(database, consents)
    await say(database, consents)
    assert await allowed(database, consents)


async def test_the_newest_answer_decides_even_while_the_clock_stands_still(
    database: DbSessions, consents: Consents
) -> None:
    for given in (True, False) * 5:
        await say(database, consents, given=given)
        assert await allowed(database, consents) is given


async def test_a_withdrawal_holds_until_the_patient_agrees_again(
    database: DbSessions, consents: Consents
) -> None:
    await say(database, consents)
    assert await withdraw(database, consents)
    assert not await allowed(database, consents)
    assert not await withdraw(database, consents)
    await say(database, consents)
    assert await allowed(database, consents)


async def test_a_consent_is_for_one_scope_one_case_and_one_recipient(
    database: DbSessions, consents: Consents
) -> None:
    referral = {"scope": ConsentScope.REFERRAL, "text_id": "referral-1"}
    await say(database, consents, recipient="osc_lawyer", **referral)
    await say(database, consents, consultation_id="ca_2")
    assert await allowed(database, consents, ConsentScope.REFERRAL, "osc_lawyer")
    assert not await allowed(database, consents, ConsentScope.REFERRAL, "osc_doctor")
    assert not await allowed(database, consents, ConsentScope.RECORDING)
    assert not await allowed(database, consents)


async def test_an_invalid_answer_leaves_neither_row_nor_audit_entry(
    database: DbSessions, consents: Consents
) -> None:
    with pytest.raises(ConsentRefusedAsWritten):
        await say(database, consents, explained_by=Redacted(" "))
    async with database() as db:
        assert await consents.of(db, CASE) == []
    assert [page async for page in pages(database)] == []


async def test_an_answer_is_read_back_whole_and_its_audit_entry_carries_no_name(
    database: DbSessions, consents: Consents
) -> None:
    given = await say(database, consents, giver=Giver.MOTHER, giver_name=Redacted(" Fanta "), how=How.THUMB)
    await withdraw(database, consents)
    async with database() as db:
        found = (await consents.of(db, CASE))[0]
    assert found.answer == given.answer
    assert found.answer.giver_name == Redacted("Fanta")
    assert (found.recorded_at, found.withdrawn_at, found.in_force) == (5.0, 5.0, False)
    lines = [one async for page in pages(database) for one in page]
    assert [(one.act, one.consultation_id, one.subject_id) for one in lines] == [
        ("consent_given", CASE, given.id),
        ("consent_withdrawn", CASE, given.id),
    ]
    assert "Fanta" not in str(lines)
    assert "Aminata" not in str(lines)
    assert '"giver":"mother","how":"thumb"' in lines[0].facts


async def test_a_withdrawal_waits_for_the_act_under_way_and_prevents_the_next(
    database: DbSessions, consents: Consents
) -> None:
    """The act holds the consent from its check to its end: it is never withdrawn in between."""
    await say(database, consents)
    checked, go_on = asyncio.Event(), asyncio.Event()
    order: list[str] = []

    async def act() -> None:
        async with database.begin() as db:
            await consents.require(db, CASE, CALL)
            checked.set()
            await go_on.wait()
            await db.execute(text("SELECT 1"))
            order.append("acted")

    async def take_back() -> None:
        await checked.wait()
        await withdraw(database, consents)
        order.append("withdrawn")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(act())
        tasks.create_task(take_back())
        await checked.wait()
        for _ in range(50):
            await asyncio.sleep(0)
        go_on.set()
    assert order == ["acted", "withdrawn"]
    assert not await allowed(database, consents)
