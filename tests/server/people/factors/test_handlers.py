"""Second factors over HTTP: passkeys and recovery codes beside the telephone, each good for what it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from server.people.acting import OPERATOR
from server.people.factors.recoverycodes import CODES
from server.people.sessions.access import RECENT_S
from server.people.tables import Passkey, RecoveryCode
from server.trail.acts import Act
from server.trail.tables import AuditEntry
from signaling.messages import Role
from tests.support.authenticator import SecurityKey
from tests.support.people import OWN, first_sign_in, sent
from tests.support.server import Server, files_of, running_server

WRONG_PASSKEY = (401, {"code": "wrong_passkey"})
WRONG_CODE = (401, {"code": "wrong_recovery_code"})


@pytest.fixture
def now() -> list[float]:
    return [1_763_000_000.0]


@pytest.fixture
async def server(tmp_path: Path, now: list[float]) -> AsyncIterator[Server]:
    async with running_server(
        tmp_path, app_options={"clock": lambda: now[0]}, sign_in_free_tries=50
    ) as running:
        yield running


@pytest.fixture
async def client(server: Server, now: list[float]) -> AsyncIterator[aiohttp.ClientSession]:
    """Fatou, signed in with her telephone, at an address that passkeys can belong to."""
    async with server.client() as signed_in:
        await first_sign_in(server, signed_in, "fatou", Role.ADMINISTRATOR, now[0])
        yield signed_in


async def add_passkey(server: Server, client: aiohttp.ClientSession) -> SecurityKey:
    key = SecurityKey(server.url)
    status, options = await sent(client, "/api/session/passkey-enrolment")
    assert status == 200
    path = "/api/session/passkey-enrolment/confirmation"
    status, answer = await sent(client, path, credential=key.create(options))
    assert status == 200, answer
    return key


async def half(server: Server, client: aiohttp.ClientSession) -> Any:
    """Only the password is proven; gives what is due."""
    status, due = await sent(client, "/api/session", login="fatou", password=OWN)
    assert status == 202
    return due


async def with_passkey(
    client: aiohttp.ClientSession, key: SecurityKey, domain: str | None = None
) -> tuple[int, Any]:
    _, options = await sent(client, "/api/session/passkey")
    return await sent(client, "/api/session/passkey/confirmation", credential=key.sign(options, domain))


async def sheet(client: aiohttp.ClientSession) -> list[str]:
    status, made = await sent(client, "/api/second-factors/recovery-codes")
    assert status == 201
    return list(made["codes"])


async def own(client: aiohttp.ClientSession) -> Any:
    async with client.get("/api/second-factors") as answer:
        return await answer.json()


async def acts(server: Server) -> list[str]:
    async with server.services.database() as db:
        return list(await db.scalars(select(AuditEntry.act).order_by(AuditEntry.sequence)))


async def test_a_passkey_opens_beside_the_telephone(server: Server, client: aiohttp.ClientSession) -> None:
    key = await add_passkey(server, client)
    async with server.client() as other:
        assert await half(server, other) == {"next": "second_factor", "ways": ["passkey", "totp"]}
        assert (await other.get("/api/accounts")).status == 401
        status, me = await with_passkey(other, key)
        assert (status, me["role"]) == (200, "administrator")
        assert (await other.get("/api/accounts")).status == 200
        (line,) = (await own(other))["passkeys"]
        assert line["last_used_at"] is not None
    assert await acts(server) == [
        *("account_created", "password_changed", "second_factor_enrolled", "signed_in"),
        *("passkey_added", "signed_in"),
    ]


async def test_an_answer_is_taken_once_and_only_for_its_own_challenge(
    server: Server, client: aiohttp.ClientSession
) -> None:
    key = await add_passkey(server, client)
    async with server.client() as other, server.client() as thief:
        await half(server, other)
        _, options = await sent(other, "/api/session/passkey")
        credential = key.sign(options)
        path = "/api/session/passkey/confirmation"
        # Another session of the same person has another challenge.
        await half(server, thief)
        await sent(thief, "/api/session/passkey")
        assert await sent(thief, path, credential=credential) == WRONG_PASSKEY
        assert (await sent(other, path, credential=credential))[0] == 200
        await half(server, thief)
        assert await sent(thief, path, credential=credential) == WRONG_PASSKEY


async def test_a_passkey_of_another_domain_page_or_person_opens_nothing(
    server: Server, client: aiohttp.ClientSession, now: list[float]
) -> None:
    key = await add_passkey(server, client)
    async with server.client() as awa, server.client() as other:
        await first_sign_in(server, awa, "awa", Role.CLINICIAN, now[0])
        of_awa = await add_passkey(server, awa)
        await half(server, other)
        assert await with_passkey(other, key, domain="keneya.evil.example") == WRONG_PASSKEY
        assert await with_passkey(other, of_awa) == WRONG_PASSKEY
        phished = SecurityKey("http://keneya.evil.example")
        phished.credential_id, phished._key = key.credential_id, key._key
        assert await with_passkey(other, phished) == WRONG_PASSKEY
        stranger = SecurityKey(server.url)
        stranger.credential_id = key.credential_id
        assert await with_passkey(other, stranger) == WRONG_PASSKEY
        assert (await with_passkey(other, key))[0] == 200


async def test_a_copied_key_whose_count_goes_back_opens_nothing(
    server: Server, client: aiohttp.ClientSession
) -> None:
    key = await add_passkey(server, client)
    async with server.client() as other:
        await half(server, other)
        key.count = 5
        assert (await with_passkey(other, key))[0] == 200
        await half(server, other)
        key.count = 4
        assert await with_passkey(other, key) == WRONG_PASSKEY


async def test_junk_is_a_wrong_passkey_and_never_a_crash(
    server: Server, client: aiohttp.ClientSession
) -> None:
    key = await add_passkey(server, client)
    async with server.client() as other:
        await half(server, other)
        for junk in ({}, {"id": 5}, {"id": "*"}, {"id": "AAAA", "response": 3}, {"id": "é"}):
            await sent(other, "/api/session/passkey")
            assert await sent(other, "/api/session/passkey/confirmation", credential=junk) == WRONG_PASSKEY
        for spoiled in ("authenticatorData", "signature", "clientDataJSON"):
            _, options = await sent(other, "/api/session/passkey")
            credential = key.sign(options)
            credential["response"][spoiled] = "AA"
            path = "/api/session/passkey/confirmation"
            assert await sent(other, path, credential=credential) == WRONG_PASSKEY
    path = "/api/session/passkey-enrolment/confirmation"
    for junk in (
        {},
        {"id": "AA", "rawId": "AA", "type": "public-key", "response": {"attestationObject": "AA"}},
    ):
        await sent(client, "/api/session/passkey-enrolment")
        assert await sent(client, path, credential=junk) == WRONG_PASSKEY


async def test_a_first_sign_in_can_end_with_a_passkey_instead_of_a_telephone(
    server: Server, client: aiohttp.ClientSession
) -> None:
    accounts = server.services.accounts
    account_id = await accounts.id_of("fatou")
    password = await accounts.reset(account_id, actor=OPERATOR)
    async with server.client() as new:
        await sent(new, "/api/session", login="fatou", password=password)
        due = await sent(new, "/api/session/password", password="une autre phrase du fleuve")
        assert due == (202, {"next": "enrol_second_factor"})
        await add_passkey(server, new)
        assert (await new.get("/api/accounts")).status == 200
    (person,) = await accounts.everybody()
    assert person.has_second_factor


async def test_each_recovery_code_opens_once(server: Server, client: aiohttp.ClientSession) -> None:
    codes = await sheet(client)
    assert len(set(codes)) == CODES
    async with server.client() as one, server.client() as two:
        for client_ in (one, two):
            assert (await half(server, client_))["ways"] == ["totp", "recovery_code"]
        typed = codes[0].upper().replace("-", " ")
        answers = await asyncio.gather(*(sent(c, "/api/session/recovery", code=typed) for c in (one, two)))
        assert sorted(status for status, _ in answers) == [200, 401]
        await half(server, one)
        assert await sent(one, "/api/session/recovery", code=codes[0]) == WRONG_CODE
        assert (await sent(one, "/api/session/recovery", code=codes[1]))[0] == 200
        assert (await own(one))["recovery_codes"] == CODES - 2
    assert (await acts(server)).count(Act.RECOVERY_CODE_USED) == 2


async def test_a_new_sheet_ends_the_old_one(server: Server, client: aiohttp.ClientSession) -> None:
    old, new = await sheet(client), await sheet(client)
    async with server.client() as other:
        await half(server, other)
        assert await sent(other, "/api/session/recovery", code=old[0]) == WRONG_CODE
        assert (await sent(other, "/api/session/recovery", code=new[0]))[0] == 200


async def test_codes_of_another_person_open_nothing(
    server: Server, client: aiohttp.ClientSession, now: list[float]
) -> None:
    await sheet(client)
    async with server.client() as awa, server.client() as other:
        await first_sign_in(server, awa, "awa", Role.CLINICIAN, now[0])
        codes = await sheet(awa)
        await half(server, other)
        assert await sent(other, "/api/session/recovery", code=codes[0]) == WRONG_CODE


async def test_guessing_codes_and_digits_together_gets_slow(tmp_path: Path, now: list[float]) -> None:
    async with (
        running_server(
            tmp_path, app_options={"clock": lambda: now[0]}, sign_in_free_tries=2, sign_in_delay_s=50
        ) as server,
        server.client() as client,
    ):
        await first_sign_in(server, client, "fatou", Role.AUDITOR, now[0])
        await sheet(client)
        await half(server, client)
        assert (await sent(client, "/api/session/recovery", code="aaaa-aaaa-aaaa"))[0] == 401
        assert (await sent(client, "/api/session/totp", code="000000"))[0] == 401
        assert (await sent(client, "/api/session/recovery", code="aaaa-aaaa-aaaa"))[0] == 429


async def test_nothing_of_a_code_is_on_the_disk(server: Server, client: aiohttp.ClientSession) -> None:
    codes = await sheet(client)
    for file in files_of(server.settings.data_dir):
        content = file.read_bytes()
        assert not any(code.encode() in content for code in codes)
        assert not any(code.replace("-", "").encode() in content for code in codes)


async def test_changes_want_a_password_that_was_typed_of_late(
    server: Server, client: aiohttp.ClientSession, now: list[float]
) -> None:
    await add_passkey(server, client)
    (line,) = (await own(client))["passkeys"]
    now[0] += RECENT_S
    refused = (403, {"code": "prove_again"})
    for path in ("session/passkey-enrolment", "session/totp-enrolment", "second-factors/recovery-codes"):
        assert await sent(client, f"/api/{path}") == refused
    for path in ("telephone", f"passkeys/{line['id']}"):
        async with client.delete(f"/api/second-factors/{path}") as answer:
            assert (answer.status, await answer.json()) == refused
    assert (await sent(client, "/api/session/proof", password=OWN))[0] == 204
    assert (await client.delete(f"/api/second-factors/passkeys/{line['id']}")).status == 204


async def test_the_last_second_factor_cannot_be_removed(
    server: Server, client: aiohttp.ClientSession
) -> None:
    last = (409, {"code": "last_second_factor"})
    async with client.delete("/api/second-factors/telephone") as answer:
        assert (answer.status, await answer.json()) == last
    await add_passkey(server, client)
    await sheet(client)
    (line,) = (await own(client))["passkeys"]
    statuses = [
        (await client.delete(f"/api/second-factors/{path}")).status
        for path in ("telephone", f"passkeys/{line['id']}")
    ]
    assert statuses == [204, 409]
    assert (await own(client))["telephone"] is False
    async with server.client() as other:
        assert (await half(server, other))["ways"] == ["passkey", "recovery_code"]


async def test_a_passkey_of_somebody_else_cannot_be_removed(
    server: Server, client: aiohttp.ClientSession, now: list[float]
) -> None:
    await add_passkey(server, client)
    (line,) = (await own(client))["passkeys"]
    async with server.client() as awa:
        await first_sign_in(server, awa, "awa", Role.CLINICIAN, now[0])
        assert (await awa.delete(f"/api/second-factors/passkeys/{line['id']}")).status == 404
    assert len((await own(client))["passkeys"]) == 1


async def test_an_old_telephone_works_until_the_first_digits_of_the_new_one(
    server: Server, now: list[float]
) -> None:
    async with server.client() as client, server.client() as other:
        _, old = await first_sign_in(server, client, "fatou", Role.ADMINISTRATOR, now[0])
        _, made = await sent(client, "/api/session/totp-enrolment")
        now[0] += 60
        await half(server, other)
        assert (await sent(other, "/api/session/totp", code=old.code(now[0])))[0] == 200
        old_secret, old.secret = old.secret, made["secret"]
        path = "/api/session/totp-enrolment/confirmation"
        assert (await sent(client, path, code=old.code(now[0])))[0] == 200
        now[0] += 60
        await half(server, other)
        new_digits, old.secret = old.code(now[0]), old_secret
        assert (await sent(other, "/api/session/totp", code=old.code(now[0])))[0] == 401
        assert (await sent(other, "/api/session/totp", code=new_digits))[0] == 200


async def test_a_reset_ends_every_second_factor(server: Server, client: aiohttp.ClientSession) -> None:
    await add_passkey(server, client)
    await sheet(client)
    accounts = server.services.accounts
    await accounts.reset(await accounts.id_of("fatou"), actor=OPERATOR)
    async with server.services.database() as db:
        for table in (Passkey, RecoveryCode):
            assert (await db.scalars(select(table))).all() == []


async def test_nobody_connects_a_second_factor_with_the_password_alone(
    server: Server, client: aiohttp.ClientSession
) -> None:
    async with server.client() as thief:
        await half(server, thief)
        for path in ("passkey-enrolment", "totp-enrolment"):
            assert await sent(thief, f"/api/session/{path}") == (409, {"code": "not_now"})
        assert (await sent(thief, "/api/second-factors/recovery-codes"))[0] == 401
