"""Attacks over HTTP, against a real server on loopback: each is refused, and others notice nothing."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from server.people.signin.hashing import MAX_WAITING, Hasher
from tests.support.patience import PATIENCE_S
from tests.support.server import PASSWORD, Server, running_server

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with running_server(tmp_path) as running:
        await running.new_doctor()
        yield running


async def raw(server: Server, request: bytes) -> bytes:
    """Send bytes no client library would send; returns what came back until the server closed."""
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    await writer.drain()
    async with asyncio.timeout(PATIENCE_S):
        answer = await reader.read()
    writer.close()
    return answer


PATHS = [
    "/web/../pyproject.toml",
    "/web/../../../../../../etc/passwd",
    "/web/station/../../server/app.py",
    "/web/%2e%2e/pyproject.toml",
    "/web/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/web/..%2fpyproject.toml",
    "/web/..%5cpyproject.toml",
    "/web/%252e%252e/pyproject.toml",
    "/web//etc/passwd",
    "/web/%2fetc%2fpasswd",
    "/web/station/station.js%00.html",
    "/web/__init__.py",
    "/web/__pycache__/__init__.cpython-311.pyc",
    "/web/@x/../__init__.py",
    "/web/@x/%2e%2e/__init__.py",
    "/web/@x//etc/passwd",
    "/web/@",
    "/web/@x",
    "/web/",
    "/web/station/",
    "/web/station",
    "/var/keneya.db",
    "/.git/config",
]


async def test_no_path_leads_out_of_the_pages(server: Server) -> None:
    host = server.url.removeprefix("http://")
    for path in PATHS:
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        answer = await raw(server, request.encode())
        status = int(answer.split(b" ", 2)[1])
        assert status in (400, 404), path
        assert b"root:" not in answer, path
        assert b"import" not in answer, path
        assert b"[project]" not in answer, path


async def test_a_body_beyond_the_bound_is_refused_before_it_is_all_read(server: Server) -> None:
    async with server.client() as client:
        async with client.post("/api/session", data=b"x" * 65_537, headers=JSON) as answer:
            assert (answer.status, await answer.json()) == (413, {"code": "too_large"})

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(10_000):
                yield b"x" * 65_536

        # The server may answer, or cut the connection of a client that goes on sending 640 MB.
        try:
            async with client.post("/api/session", data=endless(), headers=JSON) as answer:
                assert answer.status == 413
        except (aiohttp.ClientConnectionError, ConnectionError):
            pass
        await server.sign_in(client)


async def test_a_small_body_that_inflates_is_refused(server: Server) -> None:
    import zlib

    bomb = zlib.compress(b" " * 50_000_000)
    assert len(bomb) < 65_536
    async with server.client() as client:
        headers = JSON | {"Content-Encoding": "deflate"}
        async with client.post("/api/session", data=bomb, headers=headers) as answer:
            assert answer.status in (400, 413)


BODIES = [
    b"",
    b"null",
    b"[]",
    b"{",
    b'{"login": "docteur"}',
    b'{"login": "docteur", "password": ""}',
    b'{"login": 7, "password": "x"}',
    b'{"login": "docteur", "password": "x", "role": "admin"}',
    b'{"login": "\xff", "password": "x"}',
    b'{"login": "\\ud800", "password": "x"}',
    b'{"login": "docteur", "password": "\\ud800"}',
    b'{"login": "' + b"x" * 101 + b'", "password": "x"}',
    b'{"login": "docteur", "password": "' + b"x" * 257 + b'"}',
    b"[" * 60_000,
    b'{"login": {"$gt": ""}, "password": {"$gt": ""}}',
]


async def test_a_body_that_is_no_sign_in_is_malformed_and_nothing_else(server: Server) -> None:
    for body in BODIES:
        async with (
            server.client() as client,
            client.post("/api/session", data=body, headers=JSON) as answer,
        ):
            assert (answer.status, await answer.text()) == (422, '{"code":"malformed"}'), body[:80]


async def test_a_form_of_another_site_changes_nothing(server: Server) -> None:
    evil = {"Origin": "https://evil.example"}
    async with server.client() as client:
        await server.sign_in(client)
        cookies = {c.key: c.value for c in client.cookie_jar}
    async with server.client(evil) as victim:
        victim.cookie_jar.update_cookies(cookies, response_url=victim._base_url)
        form = {"login": "docteur", "password": PASSWORD}
        for request in (
            victim.post("/api/session", data=form),
            victim.post("/api/session", data=json.dumps(form), headers={"Content-Type": "text/plain"}),
            victim.post("/api/session", json=form, headers={"X-Keneya": "1"}),
            victim.post("/api/ticket", json={}, headers={"X-Keneya": "1"}),
            victim.delete("/api/session", headers={"X-Keneya": "1"}),
        ):
            async with request as answer:
                assert answer.status == 403
                assert "Access-Control-Allow-Origin" not in answer.headers
        # The victim is still signed in: nothing was changed.
        assert (await victim.get("/api/session")).status == 200


async def test_no_preflight_opens_the_api_to_other_sites(server: Server) -> None:
    headers = {
        "Origin": "https://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-keneya",
    }
    async with server.client(headers) as client, client.options("/api/ticket") as answer:
        assert answer.status == 405
        assert not [name for name in answer.headers if name.startswith("Access-Control")]


async def test_invented_and_altered_cookies_identify_nobody(server: Server) -> None:
    made = await server.new_station()
    async with server.client() as client:
        await server.sign_in(client)
        token = next(c.value for c in client.cookie_jar if c.key == "keneya")
    async with server.client() as kiosk:
        await server.enrol(kiosk, made.code)
        station = next(c.value for c in kiosk.cookie_jar if c.key == "keneya-station")
    forged = [
        secrets.token_urlsafe(32),
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token.swapcase(),
        token + "A",
        "' OR 1=1 --",
        "%00",
        "x" * 4000,
        station,  # a station's cookie is not a person's
    ]
    async with server.client() as thief:
        for value in forged:
            headers = {"Cookie": f'keneya="{value}"'}
            assert (await thief.get("/api/session", headers=headers)).status == 401, value
            assert (await thief.post("/api/ticket", json={}, headers=headers)).status == 401, value
        headers = {"Cookie": f"keneya-station={token}"}
        assert (await thief.get("/api/station", headers=headers)).status == 401
        # The real cookies still work.
        assert (await thief.get("/api/session", headers={"Cookie": f"keneya={token}"})).status == 200


async def test_a_session_fixed_by_an_attacker_does_not_become_the_victims(server: Server) -> None:
    fixed = secrets.token_urlsafe(32)
    async with server.client() as victim, server.client() as thief:
        victim.cookie_jar.update_cookies({"keneya": fixed}, response_url=victim._base_url)
        await server.sign_in(victim)
        assert (await thief.get("/api/session", headers={"Cookie": f"keneya={fixed}"})).status == 401


async def test_the_time_of_an_answer_does_not_reveal_which_logins_exist(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Compare the work and not the time: argon2 takes nearly all of it, in either case.
    hasher = Hasher()
    calls = []
    real = hasher._verify

    def counted(stored: str, password: str) -> bool:
        calls.append(stored)
        return real(stored, password)

    monkeypatch.setattr(hasher, "_verify", counted)
    known = await hasher.hash_password("right")
    assert not await hasher.verify_password(known, "wrong")
    assert not await hasher.verify_password(None, "wrong")
    assert not await hasher.verify_password(None, "nobody has this password")
    assert len(calls) == 3
    assert all(stored.startswith("$argon2id$v=19$m=47104,t=1,p=1$") for stored in calls)
    hasher.close()


async def test_guessing_many_logins_gets_slow_as_well(tmp_path: Path) -> None:
    async with running_server(tmp_path, sign_in_delay_s=50) as server, server.client() as client:
        statuses = []
        for number in range(server.settings.sign_in_free_tries * 10 + 1):
            body = {"login": f"nobody{number}", "password": "x"}
            statuses.append((await client.post("/api/session", json=body)).status)
    assert set(statuses[:-1]) == {401}
    assert statuses[-1] == 429


async def test_a_flood_of_sign_ins_is_bounded_and_pages_are_still_served(tmp_path: Path) -> None:
    async with (
        running_server(tmp_path, sign_in_free_tries=100) as server,
        server.client() as client,
    ):

        async def attempt(number: int) -> int:
            body = {"login": f"nobody{number}", "password": "x"}
            async with client.post("/api/session", json=body) as answer:
                return answer.status

        flood = [asyncio.create_task(attempt(number)) for number in range(5 * MAX_WAITING)]
        assert (await client.get("/station")).status == 200
        statuses = await asyncio.gather(*flood)
    assert set(statuses) <= {401, 503}
    assert 503 in statuses
    assert 401 in statuses


async def test_the_event_loop_goes_on_while_passwords_are_checked() -> None:
    # The loop forwards voice packets: count its turns while a hash is computed elsewhere.
    hasher = Hasher()
    turns = 0
    checking = asyncio.create_task(hasher.hash_password("x" * 100))
    while not checking.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 100
    hasher.close()


async def test_headers_without_end_are_refused(server: Server) -> None:
    answer = await raw(server, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n")
    assert answer.split(b" ", 2)[1] == b"400"


async def test_a_smuggled_request_is_refused(server: Server) -> None:
    request = (
        b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    answer = await raw(server, request)
    assert answer.split(b" ", 2)[1] == b"400"
    assert b"keneya_http" not in answer
