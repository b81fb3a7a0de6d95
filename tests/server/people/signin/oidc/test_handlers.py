"""Signing in with a hospital's accounts, against a provider that this test runs itself."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import or_, select

from server.people.accounts.store import Profile
from server.people.acting import OPERATOR
from server.people.signin.oidc.underway import Underway
from server.trail.acts import System
from server.trail.refused import REFUSED
from server.trail.tables import AuditEntry
from signaling.messages import Role
from tests.support.people import ONE_TIME, sent
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, Provider, running_provider
from tests.support.server import Server, running_server


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with running_provider() as running:
        yield running


@pytest.fixture
async def server(tmp_path: Path, provider: Provider) -> AsyncIterator[Server]:
    async with running_server(
        tmp_path,
        oidc_issuer=provider.issuer,
        oidc_name="Hôpital du Mali",
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
    ) as running:
        yield running


async def linked_doctor(server: Server, provider: Provider) -> str:
    people = server.services.accounts
    profile = Profile("Dr Moussa Keïta", Role.CLINICIAN)
    account_id = await people.create("moussa", profile, password=ONE_TIME, lasting=True)
    await people.link_provider(account_id, issuer=provider.issuer, subject=provider.subject, actor=OPERATOR)
    return account_id


async def hop(client: aiohttp.ClientSession, url: str) -> str:
    """One redirect of the browser."""
    async with client.get(url, allow_redirects=False) as answer:
        assert answer.status in (302, 303), await answer.text()
        return answer.headers["Location"]


async def to_provider_and_back(client: aiohttp.ClientSession, page: str = "clinician") -> str:
    """Where the browser ends up."""
    at_provider = await hop(client, f"/api/oidc/start?page={page}")
    return await hop(client, await hop(client, at_provider))


async def test_the_hospitals_sign_in_with_a_second_factor_signs_a_person_in(
    server: Server, provider: Provider
) -> None:
    account_id = await linked_doctor(server, provider)
    provider.claims = {"amr": ["pwd", "mfa"]}
    async with server.client() as client:
        async with client.get("/api/oidc") as answer:
            assert await answer.json() == {"name": "Hôpital du Mali"}
        assert await to_provider_and_back(client) == "/clinician"
        async with client.get("/api/session") as answer:
            assert answer.status == 200
            assert (await answer.json())["participant_id"] == account_id


async def test_without_the_hospitals_second_factor_ours_is_asked_for(
    server: Server, provider: Provider
) -> None:
    await linked_doctor(server, provider)
    provider.claims = {"amr": ["pwd"]}
    async with server.client() as client:
        assert await to_provider_and_back(client, "office") == "/office"
        async with client.get("/api/session", headers={"X-Keneya-Face": "office"}) as answer:
            assert (answer.status, await answer.json()) == (202, {"next": "enrol_second_factor"})
        assert (await sent(client, "/api/ticket", role="clinician"))[0] == 401


async def test_a_person_without_a_linked_account_stays_out_whatever_the_mail_address(
    server: Server, provider: Provider
) -> None:
    await linked_doctor(server, provider)
    provider.subject = "somebody-else"
    provider.claims = {"amr": ["mfa"], "email": "moussa@hospital.example", "email_verified": True}
    async with server.client() as client:
        assert await to_provider_and_back(client) == "/clinician#oidc_unknown"
        assert (await client.get("/api/session")).status == 401


async def test_a_disabled_account_cannot_sign_in_through_a_provider(
    server: Server, provider: Provider
) -> None:
    account_id = await linked_doctor(server, provider)
    await server.services.accounts.set_disabled(account_id, disabled=True, actor=OPERATOR)
    async with server.client() as client:
        assert await to_provider_and_back(client) == "/clinician#oidc_unknown"


async def acts_of(server: Server, account_id: str) -> list[str]:
    await server.app[REFUSED].write(everything=True)
    query = select(AuditEntry.act, AuditEntry.facts).where(
        or_(AuditEntry.actor_id == account_id, AuditEntry.subject_id == account_id),
        AuditEntry.actor_role != System.OPERATOR.value,
    )
    async with server.services.database() as db:
        return [f"{act} {facts}" for act, facts in await db.execute(query.order_by(AuditEntry.sequence))]


async def test_the_trail_has_every_sign_in_through_a_provider_and_every_one_that_is_refused(
    server: Server, provider: Provider
) -> None:
    account_id = await linked_doctor(server, provider)
    provider.claims = {"amr": ["mfa"]}
    async with server.client() as client:
        assert await to_provider_and_back(client) == "/clinician"
    assert await acts_of(server, account_id) == ["signed_in {}"]
    provider.claims = {"amr": ["pwd"]}
    async with server.client() as client:
        assert await to_provider_and_back(client) == "/clinician"
    assert await acts_of(server, account_id) == ["signed_in {}"], "that one is not whole yet"
    await server.services.accounts.set_disabled(account_id, disabled=True, actor=OPERATOR)
    async with server.client() as client:
        assert await to_provider_and_back(client) == "/clinician#oidc_unknown"
    told = await acts_of(server, account_id)
    assert told == ["signed_in {}", 'sign_in_refused {"times":1,"what":"oidc"}']


async def test_answers_of_the_provider_may_come_in_several_segments(
    server: Server, provider: Provider
) -> None:
    await linked_doctor(server, provider)
    provider.claims = {"amr": ["mfa"]}
    provider.in_segments = True
    async with server.client() as client:
        assert await to_provider_and_back(client) == "/clinician"


async def test_a_stranger_who_begins_without_end_takes_nobodys_sign_in_away(
    server: Server, provider: Provider
) -> None:
    await linked_doctor(server, provider)
    provider.claims = {"amr": ["mfa"]}
    async with server.client() as client, server.client() as stranger:
        at_provider = await hop(client, "/api/oidc/start")
        for _ in range(1_001):
            await hop(stranger, "/api/oidc/start")
        assert await hop(client, await hop(client, at_provider)) == "/clinician"


async def test_a_sign_in_ends_and_cannot_be_prolonged_or_moved() -> None:
    underway = Underway(lambda: b"k" * 32)
    begun = underway.begin("office", 1000.7)
    assert underway.found(begun.cookie, begun.state, 1599.0) == begun
    assert underway.found(begun.cookie, begun.state, 1600.0) is None
    later = begun.cookie.replace(".1600.", ".9999.")
    elsewhere = begun.cookie.replace("office", "mediator")
    short = begun.cookie.rpartition(".")[0]
    for cookie in (later, elsewhere, short, "", "..", "é.1.x.y", begun.cookie + "x" * 100):
        assert underway.found(cookie, begun.state, 1000.0) is None
    assert underway.found(begun.cookie, underway.begin("office", 1000.7).state, 1000.0) is None
    assert underway.found(begun.cookie, "é", 1000.0) is None
    assert Underway(lambda: b"l" * 32).found(begun.cookie, begun.state, 1000.0) is None


NOW = int(time.time())


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another sign-in"},
        {"iss": "http://127.0.0.1:1"},
        {"aud": "another client"},
        {"aud": [CLIENT_ID, "another client"]},
        {"exp": NOW - 3600},
        {"iat": NOW + 3600},
        {"sub": ""},
        {"at_hash": "wrong"},
    ],
)
async def test_a_token_that_is_not_for_this_sign_in_opens_nothing(
    server: Server, provider: Provider, claims: dict[str, Any]
) -> None:
    await linked_doctor(server, provider)
    provider.claims = claims
    async with server.client() as client:
        assert await to_provider_and_back(client) == "/clinician#oidc_refused"
        assert (await client.get("/api/session")).status == 401


async def test_a_token_under_a_strangers_key_opens_nothing(server: Server, provider: Provider) -> None:
    await linked_doctor(server, provider)
    for kid in ("one", "two"):
        provider.signing_key = RSAKey.generate_key(2048, {"kid": kid})
        async with server.client() as client:
            assert await to_provider_and_back(client) == "/clinician#oidc_refused"


async def test_a_new_key_of_the_provider_is_fetched(server: Server, provider: Provider) -> None:
    await linked_doctor(server, provider)
    provider.claims = {"amr": ["mfa"]}
    async with server.client() as client:
        assert await to_provider_and_back(client) == "/clinician"
        provider.key = RSAKey.generate_key(2048, {"kid": "two"})
        assert await to_provider_and_back(client) == "/clinician"


async def test_an_answer_is_accepted_once_and_only_in_the_browser_that_asked(
    server: Server, provider: Provider
) -> None:
    await linked_doctor(server, provider)
    provider.claims = {"amr": ["mfa"]}
    async with server.client() as client, server.client() as victim:
        back = await hop(client, await hop(client, "/api/oidc/start"))
        # An attacker's answer in somebody else's browser (login CSRF).
        assert await hop(victim, back) == "/clinician#oidc_refused"
        assert (await victim.get("/api/session")).status == 401
        # Nor does another answer, or one for another sign-in, take this one away from its own browser.
        assert await hop(client, "/api/oidc/callback?code=x&state=y") == "/clinician#oidc_refused"
        assert await hop(client, back) == "/clinician"
        assert await hop(client, back) == "/clinician#oidc_refused"
        assert (
            await hop(client, "/api/oidc/callback?error=access_denied&state=x") == "/clinician#oidc_refused"
        )


async def test_an_unreachable_provider_is_reported_as_such(tmp_path: Path) -> None:
    settings = {"oidc_issuer": "http://127.0.0.1:9", "oidc_name": "H", "oidc_client_id": "x"}
    async with running_server(tmp_path, **settings) as server, server.client() as client:
        assert await hop(client, "/api/oidc/start?page=office") == "/office#oidc_away"
        async with client.get("/api/oidc/start?page=//evil.example") as answer:
            assert answer.status == 422


async def test_without_a_configured_provider_none_is_offered(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, server.client() as client:
        async with client.get("/api/oidc") as answer:
            assert await answer.json() == {"name": ""}
        assert (await client.get("/api/oidc/start")).status == 404
        assert (await client.get("/api/oidc/callback")).status == 404


async def test_an_administrator_links_an_account(server: Server, provider: Provider) -> None:
    account_id = await server.new_doctor(login="moussa")
    await server.new_doctor(login="chief", role=Role.ADMINISTRATOR)
    provider.claims = {"amr": ["mfa"]}
    async with server.client() as chief, server.client() as client:
        await server.sign_in(chief, login="chief")
        path = f"/api/accounts/{account_id}/provider"
        assert (await chief.put(path, json={"subject": provider.subject})).status == 204
        assert await to_provider_and_back(client) == "/clinician"


async def test_one_subject_opens_one_account_and_the_newest_link_holds(
    server: Server, provider: Provider
) -> None:
    moussa, awa = await server.new_doctor(login="moussa"), await server.new_doctor(login="awa")
    chief_id = await server.new_doctor(login="chief", role=Role.ADMINISTRATOR)
    provider.claims = {"amr": ["mfa"]}
    async with server.client() as chief, server.client() as client, server.client() as other:
        await server.sign_in(chief, login="chief")

        async def link(account_id: str, subject: str) -> tuple[int, str]:
            async with chief.put(f"/api/accounts/{account_id}/provider", json={"subject": subject}) as answer:
                return answer.status, (await answer.json())["code"] if answer.status != 204 else ""

        assert await link(moussa, provider.subject) == (204, "")
        assert await link(awa, provider.subject) == (409, "subject_taken")
        assert await link(chief_id, "chief-at-the-hospital") == (409, "own_account")
        assert await link(awa, "with a blank") == (422, "malformed")
        async with chief.get("/api/accounts") as answer:
            shown = {one["account_id"]: one["provider_subject"] for one in await answer.json()}
        assert shown == {moussa: provider.subject, awa: "", chief_id: ""}
        assert await to_provider_and_back(client) == "/clinician"
        # Another subject for the same account: the person signed in as the first one is signed out.
        assert await link(moussa, "moussa-2") == (204, "")
        assert (await client.get("/api/session")).status == 401
        assert await to_provider_and_back(client) == "/clinician#oidc_unknown"
        provider.subject = "moussa-2"
        assert await to_provider_and_back(other) == "/clinician"
        async with chief.delete(f"/api/accounts/{moussa}/provider") as answer:
            assert answer.status == 204
        assert (await other.get("/api/session")).status == 401
        assert await to_provider_and_back(other) == "/clinician#oidc_unknown"
