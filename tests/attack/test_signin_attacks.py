"""Guessing passwords is slow for who guesses, not for the owner nor for those behind the same address."""

from __future__ import annotations

import asyncio
import ipaddress
from pathlib import Path

import pytest

from tests.support.server import PASSWORD, running_server

PROXY = (ipaddress.ip_network("127.0.0.1"),)


class Clock:
    """In place of the module `time` where the services are made."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


async def tried(client: object, login: str, password: str, address: str = "") -> int:
    headers = {"X-Forwarded-For": address} if address else {}
    body = {"login": login, "password": password}
    async with client.post("/api/session", json=body, headers=headers) as answer:  # type: ignore[attr-defined]
        return int(answer.status)


async def test_a_client_cannot_choose_its_own_address_behind_a_proxy_that_adds_a_line(tmp_path: Path) -> None:
    async with running_server(tmp_path, sign_in_delay_s=50, trusted_proxies=PROXY) as server:
        await server.new_doctor()
        async with server.client() as client:
            statuses = []
            for number in range(6):
                # HAProxy leaves the client's own line and adds another.
                lines = [("X-Forwarded-For", f"192.0.2.{number}"), ("X-Forwarded-For", "203.0.113.9")]
                headers = [*lines, *server.own_headers.items()]
                body = {"login": "docteur", "password": "wrong"}
                async with client.post("/api/session", json=body, headers=headers) as answer:
                    statuses.append(answer.status)
    assert statuses == [401, 401, 401, 429, 429, 429]


async def test_a_wrong_try_a_minute_behind_the_same_address_keeps_no_colleague_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr("server.people.services.time", clock)
    async with running_server(tmp_path) as server, server.client() as guesser:
        for number in range(45):
            await tried(guesser, f"nobody{number}", "x")
            clock.now += 61
        for number in range(8):
            await server.new_doctor(login=f"colleague{number}")
            await tried(guesser, f"nobody{number}", "x")
            clock.now += 1
            async with server.client() as colleague:
                assert await tried(colleague, f"colleague{number}", PASSWORD) == 200
            clock.now += 60


async def test_the_owner_comes_in_where_he_has_been_before_however_much_others_guess(tmp_path: Path) -> None:
    async with running_server(tmp_path, sign_in_delay_s=50, trusted_proxies=PROXY) as server:
        await server.new_doctor()
        async with server.client() as owner, server.client() as guesser:
            assert await tried(owner, "docteur", PASSWORD, "203.0.113.9") == 200
            # From the owner's own address, and from many others.
            for number in range(60):
                await tried(guesser, "docteur", "x", "203.0.113.9")
                await tried(guesser, "docteur", "x", f"198.51.{number}.1")
            assert await tried(guesser, "docteur", PASSWORD, "192.0.2.1") == 429
            assert await tried(owner, "docteur", PASSWORD, "203.0.113.9") == 200


async def test_one_customer_with_65536_networks_guesses_one_login_no_faster(tmp_path: Path) -> None:
    async with running_server(tmp_path, sign_in_delay_s=50, trusted_proxies=PROXY) as server:
        await server.new_doctor()
        async with server.client() as client:
            statuses = [
                await tried(client, "docteur", "x", f"2001:db8:7:{number:x}::1") for number in range(40)
            ]
    assert statuses.count(401) == 30
    assert statuses[-1] == 429


async def test_a_known_browser_is_no_way_around_the_waits(tmp_path: Path) -> None:
    async with running_server(tmp_path, sign_in_delay_s=50) as server:
        await server.new_doctor()
        await server.new_doctor(login="other")
        async with server.client() as thief:
            await server.sign_in(thief, "other")
            assert [await tried(thief, "other", "x") for _ in range(5)] == [401, 401, 401, 429, 429]
            # For anybody else's login this browser is a stranger.
            assert [await tried(thief, "docteur", "x") for _ in range(5)] == [401, 401, 401, 429, 429]


async def test_fifty_tries_a_second_leave_the_hasher_to_who_is_known(tmp_path: Path) -> None:
    async with running_server(tmp_path, sign_in_free_tries=100) as server:
        await server.new_doctor()
        async with server.client() as owner, server.client() as guesser:
            await server.sign_in(owner)
            flood = [asyncio.create_task(tried(guesser, f"nobody{n}", "x")) for n in range(150)]
            honest = [await tried(owner, "docteur", PASSWORD) for _ in range(10)]
            await asyncio.gather(*flood)
    assert honest == [200] * 10


async def test_a_wrong_enrolment_code_now_and_then_keeps_no_kiosk_out(tmp_path: Path) -> None:
    async with running_server(tmp_path, sign_in_free_tries=3) as server:
        made = await server.new_station()
        async with server.client() as joker, server.client() as kiosk:
            for _ in range(2):
                async with joker.post(
                    "/api/station/enrolment", json=server.enrolment(joker, "AAAA-AAAA")
                ) as answer:
                    assert answer.status == 401
            await server.enrol(kiosk, made.code)
