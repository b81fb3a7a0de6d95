"""From a right password to a whole session: every step once, in its order, and nothing before the last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.people.accounts.store import ONE_TIME_S, Profile
from server.people.sessions.store import UNFINISHED_S
from signaling.messages import Role
from tests.support.people import ONE_TIME, OWN, first_sign_in, sent
from tests.support.server import Server, files_of, running_server


@pytest.fixture
def now() -> list[float]:
    return [1_763_000_000.0]


@pytest.fixture
async def server(tmp_path: Path, now: list[float]) -> AsyncIterator[Server]:
    async with running_server(tmp_path, app_options={"clock": lambda: now[0]}) as running:
        yield running


async def test_a_first_sign_in_ends_with_own_password_and_telephone(server: Server, now: list[float]) -> None:
    async with server.client() as client:
        await first_sign_in(server, client, "fatou", Role.ADMINISTRATOR, now[0])
        assert (await client.get("/api/accounts")).status == 200
        # The one-time password is gone.
        assert (await sent(client, "/api/session", login="fatou", password=ONE_TIME))[0] == 401


async def test_nothing_opens_before_the_last_step(server: Server, now: list[float]) -> None:
    async with server.client() as client, server.client() as half:
        await first_sign_in(server, client, "fatou", Role.ADMINISTRATOR, now[0])
        assert await sent(half, "/api/session", login="fatou", password=OWN) == (
            202,
            {"next": "second_factor", "ways": ["totp"]},
        )
        async with half.get("/api/session") as answer:
            assert (answer.status, await answer.json()) == (202, {"next": "second_factor", "ways": ["totp"]})
        for path in ("/api/accounts", "/api/sessions", "/api/stations"):
            assert (await half.get(path)).status == 401
        assert (await sent(half, "/api/ticket", role="clinician"))[0] == 401
        assert await sent(half, "/api/session/password", password="another long one") == (
            409,
            {"code": "not_now"},
        )
        assert (await sent(half, "/api/session/password", password="another long one", current=OWN))[0] == 409
        assert await sent(half, "/api/session/totp-enrolment") == (409, {"code": "not_now"})


async def test_digits_of_a_telephone_whose_clock_is_off_are_told_as_that(
    server: Server, now: list[float]
) -> None:
    async with server.client() as client:
        _, telephone = await first_sign_in(server, client, "fatou", Role.ADMINISTRATOR, now[0])
        await sent(client, "/api/session", login="fatou", password=OWN)
        for code in ("wrong_totp", "totp_clock_off"):
            # One code alone would tell a guesser which digits to keep for later.
            late = telephone.code(now[0] - 3600)
            assert await sent(client, "/api/session/totp", code=late) == (401, {"code": code})
            now[0] += 30
        assert (await sent(client, "/api/session/totp", code=telephone.code(now[0])))[0] == 200


async def test_digits_work_once_and_each_step_gives_a_new_token(server: Server, now: list[float]) -> None:
    async with server.client() as client:
        _, telephone = await first_sign_in(server, client, "fatou", Role.ADMINISTRATOR, now[0])
        await sent(client, "/api/session", login="fatou", password=OWN)
        # The digits of the enrolment are used already.
        used = telephone.code(now[0])
        assert await sent(client, "/api/session/totp", code=used) == (401, {"code": "wrong_totp"})
        now[0] += 30
        before = next(iter(client.cookie_jar)).value
        assert (await sent(client, "/api/session/totp", code=telephone.code(now[0])))[0] == 200
        after = next(iter(client.cookie_jar)).value
        assert before != after
    async with server.client() as thief:
        thief.cookie_jar.update_cookies({"keneya": before}, response_url=thief._base_url)
        assert (await thief.get("/api/session")).status == 401


async def test_of_two_with_the_same_digits_at_once_one_signs_in(server: Server, now: list[float]) -> None:
    async with server.client() as first, server.client() as second:
        _, telephone = await first_sign_in(server, first, "fatou", Role.ADMINISTRATOR, now[0])
        now[0] += 60
        for client in (first, second):
            await sent(client, "/api/session", login="fatou", password=OWN)
        code = telephone.code(now[0])
        answers = await asyncio.gather(
            *(sent(one, "/api/session/totp", code=code) for one in (first, second))
        )
    assert sorted(status for status, _ in answers) == [200, 401]


async def test_guessing_digits_gets_slow_from_any_place(tmp_path: Path) -> None:
    async with (
        running_server(tmp_path, sign_in_free_tries=2, sign_in_delay_s=50) as server,
        server.client() as client,
    ):
        await first_sign_in(server, client, "fatou", Role.AUDITOR, time.time())
        await sent(client, "/api/session", login="fatou", password=OWN)
        statuses = [(await sent(client, "/api/session/totp", code="000000"))[0] for _ in range(3)]
        assert statuses[:2] == [401, 401]
        assert statuses[2] == 429


async def test_a_sign_in_that_stops_halfway_begins_again(server: Server, now: list[float]) -> None:
    async with server.client() as client:
        _, telephone = await first_sign_in(server, client, "fatou", Role.ADMINISTRATOR, now[0])
        await sent(client, "/api/session", login="fatou", password=OWN)
        now[0] += UNFINISHED_S
        assert (await sent(client, "/api/session/totp", code=telephone.code(now[0])))[0] == 401
        assert (await client.get("/api/session")).status == 401


async def test_a_one_time_password_expires_after_a_day(server: Server, now: list[float]) -> None:
    await server.services.accounts.create("sira", Profile("Sira", Role.MEDIATOR), password=ONE_TIME)
    now[0] += ONE_TIME_S
    async with server.client() as client:
        assert await sent(client, "/api/session", login="sira", password=ONE_TIME) == (
            401,
            {"code": "wrong_credentials"},
        )


async def test_an_own_password_must_be_new_and_hard_to_guess(server: Server) -> None:
    await server.services.accounts.create("sira", Profile("Sira Diallo", Role.MEDIATOR), password=ONE_TIME)
    async with server.client() as client:
        await sent(client, "/api/session", login="sira", password=ONE_TIME)
        for password, code in (
            ("short", "password_length"),
            ("motdepasse2026", "password_common"),
            ("siradiallo2026", "password_common"),
            (ONE_TIME, "password_same"),
        ):
            assert await sent(client, "/api/session/password", password=password) == (422, {"code": code})


async def test_changing_the_password_by_choice_needs_the_old_one_and_ends_other_sessions(
    server: Server, now: list[float]
) -> None:
    async with server.client() as client, server.client() as other:
        _, telephone = await first_sign_in(server, client, "fatou", Role.ADMINISTRATOR, now[0])
        now[0] += 30
        await sent(other, "/api/session", login="fatou", password=OWN)
        assert (await sent(other, "/api/session/totp", code=telephone.code(now[0])))[0] == 200
        fresh = "deux chaises et un manguier"
        assert (await sent(client, "/api/session/password", password=fresh))[0] == 409
        assert (await sent(client, "/api/session/password", password=fresh, current="wrong"))[0] == 401
        assert (await sent(client, "/api/session/password", password=fresh, current=OWN))[0] == 200
        assert (await client.get("/api/session")).status == 200
        assert (await other.get("/api/session")).status == 401


async def test_the_secret_is_on_no_disk_in_the_clear(server: Server, now: list[float]) -> None:
    async with server.client() as client:
        _, telephone = await first_sign_in(server, client, "fatou", Role.ADMINISTRATOR, now[0])
    for file in files_of(server.settings.data_dir):
        assert telephone.secret.encode() not in file.read_bytes()
