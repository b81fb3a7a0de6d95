"""Signing in, being signed in, signing out."""

from __future__ import annotations

from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from sqlalchemy import select

from server.people.tables import HttpSession
from tests.support.server import PASSWORD, Server, files_of, running_server


async def test_a_doctor_signs_in_is_known_and_signs_out(server: Server) -> None:
    doctor_id = await server.new_doctor()
    async with server.client() as client:
        assert (await client.get("/api/session")).status == 401
        me = await server.sign_in(client)
        assert me == {
            "participant_id": doctor_id,
            "name": "Dr Traoré",
            "role": "clinician",
            "site": "Hôpital du Point G",
        }
        async with client.get("/api/session") as answer:
            assert await answer.json() == me
        assert (await client.delete("/api/session")).status == 204
        assert (await client.get("/api/session")).status == 401


async def test_signing_out_ends_the_session_on_the_server_not_only_in_the_browser(server: Server) -> None:
    await server.new_doctor()
    async with server.client() as client, server.client() as thief:
        await server.sign_in(client)
        thief.cookie_jar.update_cookies(
            {c.key: c.value for c in client.cookie_jar}, response_url=thief._base_url
        )
        assert (await thief.get("/api/session")).status == 200
        await client.delete("/api/session")
        assert (await thief.get("/api/session")).status == 401


async def test_signing_in_gives_a_new_token_and_ends_the_old_one(server: Server) -> None:
    await server.new_doctor()
    async with server.client() as client:
        await server.sign_in(client)
        first = next(iter(client.cookie_jar)).value
        await server.sign_in(client)
        second = next(iter(client.cookie_jar)).value
    assert first != second
    async with server.services.database() as db:
        assert len((await db.scalars(select(HttpSession))).all()) == 1


async def test_the_database_holds_no_token(server: Server) -> None:
    await server.new_doctor()
    async with server.client() as client:
        await server.sign_in(client)
        token = next(iter(client.cookie_jar)).value
    folder = server.settings.data_dir
    for file in files_of(folder):
        assert token.encode() not in file.read_bytes()
        assert PASSWORD.encode() not in file.read_bytes()


async def test_login_is_not_case_sensitive_and_the_password_is(server: Server) -> None:
    await server.new_doctor(login="docteur")
    async with server.client() as client:
        await server.sign_in(client, login=" Docteur ")
        body = {"login": "docteur", "password": PASSWORD.upper()}
        assert (await client.post("/api/session", json=body)).status == 401


async def test_wrong_password_and_unknown_login_are_answered_alike(server: Server) -> None:
    await server.new_doctor()
    async with server.client() as client:
        answers = []
        for login in ("docteur", "nobody"):
            async with client.post("/api/session", json={"login": login, "password": "wrong"}) as answer:
                headers = {k: v for k, v in answer.headers.items() if k != "Date"}
                answers.append((answer.status, await answer.text(), headers))
    assert answers[0] == answers[1]
    assert answers[0][:2] == (401, '{"code":"wrong_credentials"}')


async def test_a_session_ends_after_its_idle_time_and_at_its_absolute_end(tmp_path: Path) -> None:
    now = [1_000_000.0]
    options = {"clock": lambda: now[0]}
    async with running_server(
        tmp_path, app_options=options, session_idle_s=3600, session_absolute_s=7200
    ) as server:
        await server.new_doctor()
        async with server.client() as client:
            await server.sign_in(client)
            now[0] += 3599
            assert (await client.get("/api/session")).status == 200
            now[0] += 3599
            assert (await client.get("/api/session")).status == 200
            now[0] += 3
            assert (await client.get("/api/session")).status == 401
            await server.sign_in(client)
            now[0] += 3600
            assert (await client.get("/api/session")).status == 401


async def test_after_some_failures_a_person_has_to_wait_and_learns_how_long(tmp_path: Path) -> None:
    async with running_server(tmp_path, sign_in_free_tries=2, sign_in_delay_s=50) as server:
        await server.new_doctor()
        async with server.client() as client:
            wrong = {"login": "docteur", "password": "wrong"}
            for _ in range(2):
                assert (await client.post("/api/session", json=wrong)).status == 401
            right = {"login": "docteur", "password": PASSWORD}
            async with client.post("/api/session", json=right) as answer:
                assert answer.status == 429
                assert await answer.json() == {"code": "must_wait"}
                assert 1 <= int(answer.headers["Retry-After"]) <= 50
            # Somebody else at the same place is not held up.
            await server.new_doctor(login="other")
            await server.sign_in(client, login="other")


@pytest.mark.parametrize(
    ("url", "secure"), [("", False), ("https://keneya.example", True), ("http://keneya.example", False)]
)
async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(
    tmp_path: Path, url: str, secure: bool
) -> None:
    async with running_server(tmp_path, public_url=url) as server:
        await server.new_doctor()
        async with server.client() as client:
            headers = {"Origin": url or server.url}
            body = {"login": "docteur", "password": PASSWORD}
            async with client.post("/api/session", json=body, headers=headers) as answer:
                assert answer.status == 200
                cookie = answer.headers["Set-Cookie"]
    name = "__Host-keneya=" if secure else "keneya="
    assert cookie.startswith(name)
    parts = {part.strip() for part in cookie.split(";")}
    assert {"HttpOnly", "Path=/", "SameSite=Strict"} <= parts
    assert ("Secure" in parts) is secure
    assert "Domain" not in cookie


@pytest.mark.parametrize("shown_by", [{"X-Forwarded-Proto": "https"}, {}])
async def test_a_forgotten_public_url_behind_tls_takes_no_safety_from_cookies(
    server: Server, shown_by: dict[str, str]
) -> None:
    """A proxy that ends TLS is in front and nobody has told the server: the page's own origin shows it."""
    await server.new_doctor()
    page = {"Origin": server.url.replace("http:", "https:")} | shown_by
    async with server.client(headers={"X-Keneya": "1"}) as client:
        body = {"login": "docteur", "password": PASSWORD}
        async with client.post("/api/session", json=body, headers=page) as answer:
            assert answer.status == 200
            made = [SimpleCookie(one) for one in answer.headers.getall("Set-Cookie")]
        cookies = {name: morsel for one in made for name, morsel in one.items()}
        assert set(cookies) == {"__Host-keneya", "__Secure-keneya-device"}
        assert all(morsel["secure"] for morsel in cookies.values())
        # A page asks without Origin (GET), and is signed in by the cookie that the browser keeps.
        back = {"Cookie": f"__Host-keneya={cookies['__Host-keneya'].value}"}
        async with client.get("/api/session", headers=back) as answer:
            assert answer.status == 200
            assert "max-age" in answer.headers["Strict-Transport-Security"]
        # The proof of having typed the password again renews it, under the same name.
        async with client.post(
            "/api/session/proof", json={"password": PASSWORD}, headers=page | back
        ) as answer:
            assert answer.status == 204
            assert answer.headers["Set-Cookie"].startswith("__Host-keneya=")
        async with client.post("/api/session/proof", json={"password": PASSWORD}, headers=back) as answer:
            assert answer.status == 403


async def test_under_https_a_cookie_without_the_prefix_opens_nothing(tmp_path: Path) -> None:
    async with running_server(tmp_path, public_url="https://keneya.example") as server:
        account_id = await server.new_doctor()
        token = await server.services.sessions.open_for_account(account_id)
        async with server.client(headers={}) as client:
            for name, status in (("keneya", 401), ("__Host-keneya", 200)):
                async with client.get("/api/session", headers={"Cookie": f"{name}={token}"}) as answer:
                    assert answer.status == status
