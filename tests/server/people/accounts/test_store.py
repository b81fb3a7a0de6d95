"""Accounts in the database, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.people.accounts.store import (
    Accounts,
    Profile,
    one_time_password,
)
from server.people.acting import OPERATOR
from server.people.errors import NoSuchAccount, OutOfOrder, WrongTotp
from server.people.factors import totp
from server.people.factors.secondfactors import SecondFactors
from server.people.profile import Gender, Specialty, Spoken
from server.people.signin.delays import Delays
from server.people.signin.hashing import Hasher
from server.people.signin.vault import Vault
from server.platform.database.engine import DbSessions
from server.trail.trail import Trail
from signaling.messages import Role

NOW = 1_763_000_000.0
MIDWIFE = Profile(
    "Awa Coulibaly", Role.CLINICIAN, "CSRéf de Kayes", [Specialty.MIDWIFERY], [Spoken.BAMBARA], Gender.WOMAN
)


@pytest.fixture
def hasher() -> Iterator[Hasher]:
    made = Hasher()
    yield made
    made.close()


@pytest.fixture
def people(database: DbSessions, hasher: Hasher) -> Accounts:
    return Accounts(database, hasher, Trail(lambda: NOW), lambda: NOW)


@pytest.fixture
def second_factors(database: DbSessions, tmp_path: Path) -> SecondFactors:
    delays = Delays(free_tries=50, first_s=1, longest_s=1, forget_s=1, clock=lambda: NOW)
    return SecondFactors(database, Vault(tmp_path), Trail(lambda: NOW), delays=delays, clock=lambda: NOW)


async def test_a_profile_is_kept_and_replaced_whole(people: Accounts) -> None:
    account_id = await people.create("Awa ", MIDWIFE, password=one_time_password())
    (found,) = await people.everybody()
    assert (found.login, found.site, found.gender) == ("awa", "CSRéf de Kayes", "woman")
    assert (found.specialties, found.languages) == (["midwifery"], ["bm"])
    other = Profile("Awa C.", Role.CLINICIAN, "", [Specialty.LAW, Specialty.GENERAL], [])
    assert await people.change(account_id, other, actor=OPERATOR) is False
    (found,) = await people.everybody()
    assert (found.name, found.site, found.gender) == ("Awa C.", "", None)
    assert (found.specialties, found.languages) == (["general", "law"], [])


async def test_an_unknown_account_cannot_be_changed(people: Accounts) -> None:
    for act in (
        people.change("ac_0", MIDWIFE, actor=OPERATOR),
        people.set_disabled("ac_0", disabled=True, actor=OPERATOR),
        people.reset("ac_0", actor=OPERATOR),
        people.link_provider("ac_0", issuer="https://id.example", subject="x", actor=OPERATOR),
    ):
        with pytest.raises(NoSuchAccount):
            await act


async def test_digits_are_accepted_once_even_when_many_try_at_the_same_time(
    people: Accounts, second_factors: SecondFactors
) -> None:
    account_id = await people.create("awa", MIDWIFE, password=one_time_password())
    secret, _ = await second_factors.begin(account_id)
    code = totp.code_at(secret, NOW)
    tries = await asyncio.gather(
        *(second_factors.confirm(account_id, code) for _ in range(8)), return_exceptions=True
    )
    assert [one for one in tries if one is None] == [None]
    assert {type(one) for one in tries if one is not None} <= {WrongTotp, OutOfOrder}
    with pytest.raises(OutOfOrder):
        await second_factors.confirm(account_id, code)


async def test_after_a_reset_another_telephone_is_connected(
    people: Accounts, second_factors: SecondFactors
) -> None:
    account_id = await people.create("awa", MIDWIFE, password=one_time_password())
    secret, _ = await second_factors.begin(account_id)
    await second_factors.confirm(account_id, totp.code_at(secret, NOW))
    await people.reset(account_id, actor=OPERATOR)
    with pytest.raises(OutOfOrder):
        await second_factors.prove(account_id, totp.code_at(secret, NOW))
    fresh, _ = await second_factors.begin(account_id)
    assert fresh != secret
    await second_factors.confirm(account_id, totp.code_at(fresh, NOW))
