"""Headers on every answer, and requests that only our own pages can make."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.server import PASSWORD, Server, running_server

REQUESTS = [
    ("GET", "/", {}),
    ("GET", "/station", {}),
    ("GET", "/clinician", {}),
    ("GET", "/web/station/index.html", {}),
    ("GET", "/web/no/such/file.js", {}),
    ("GET", "/no/such/page", {}),
    ("PUT", "/api/session", {}),
    ("PATCH", "/station", {}),
    ("POST", "/api/session", {"headers": {"Origin": "https://evil.example"}}),
    ("POST", "/api/session", {"data": b"{", "headers": {"Content-Type": "application/json"}}),
    ("POST", "/api/session", {"data": b"x" * 70_000, "headers": {"Content-Type": "application/json"}}),
    ("POST", "/api/session", {"data": b"login=a"}),
    ("POST", "/api/session", {"json": {"login": "nobody", "password": "x"}}),
    ("GET", "/api/session", {}),
    ("GET", "/api/station", {}),
    ("POST", "/api/ticket", {"json": {}}),
    ("DELETE", "/api/session", {}),
    ("GET", "/ws", {}),
    ("GET", "/healthz", {}),
    ("GET", "/metrics", {}),
]

EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "Keneya",
}


@pytest.mark.parametrize(("method", "path", "options"), REQUESTS)
async def test_every_answer_carries_the_headers(
    server: Server, method: str, path: str, options: dict
) -> None:
    async with server.client() as client, client.request(method, path, **options) as answer:
        assert {name: answer.headers.get(name) for name in EXPECTED} == EXPECTED
        policy = dict(
            part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert policy["connect-src"] == f"'self' {server.url.replace('http', 'ws')}"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "camera=(self)" in answer.headers["Permissions-Policy"]
        assert "Cache-Control" in answer.headers
        assert "Strict-Transport-Security" not in answer.headers
        if answer.status >= 400:
            assert set(await answer.json()) == {"code"}
            assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/web/station/station.js", "/web/shared/base/base.css", "/web/shared/base/icons.svg"]
)
async def test_a_part_of_a_page_carries_only_the_headers_that_apply_to_it(server: Server, path: str) -> None:
    async with server.client() as client:
        async with client.get(path) as answer:
            etag = answer.headers["ETag"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
            assert answer.headers["Server"] == "Keneya"
            assert sum(len(name) + len(value) + 4 for name, value in answer.headers.items()) < 520
        async with client.get(path, headers={"If-None-Match": etag}) as answer:
            assert answer.status == 304
            assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


async def test_an_upgrade_to_a_socket_carries_the_headers_too(server: Server) -> None:
    async with server.client() as client, client.ws_connect("/ws", headers={"Origin": server.url}) as socket:
        assert {name: socket._response.headers.get(name) for name in EXPECTED} == EXPECTED


async def test_an_internal_error_carries_the_headers_and_no_details(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*arguments: object) -> None:
        raise RuntimeError("fièvre depuis trois jours")

    monkeypatch.setattr(server.services.credentials.__class__, "check", broken)
    body = {"login": "a", "password": "b"}
    async with server.client() as client, client.post("/api/session", json=body) as answer:
        assert (answer.status, await answer.text()) == (500, '{"code":"error"}')
        assert {name: answer.headers.get(name) for name in EXPECTED} == EXPECTED


async def test_behind_https_browsers_are_told_to_use_https_only(tmp_path: Path) -> None:
    async with running_server(tmp_path, public_url="https://keneya.example") as server:
        headers = {"Host": "keneya.example"}
        async with server.client() as client, client.get("/healthz", headers=headers) as answer:
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
            assert "wss://keneya.example" in answer.headers["Content-Security-Policy"]


async def test_a_malformed_host_is_not_copied_into_the_policy(server: Server) -> None:
    for host in ("evil.example; script-src *", "a b", "x" * 300, "[::1"):
        async with server.client() as client, client.get("/healthz", headers={"Host": host}) as answer:
            assert "connect-src 'self';" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "SELF"}, 403),
        ({"X-Keneya": "1"}, 403),
        ({"Origin": "SELF", "X-Keneya": "0"}, 403),
        ({"Origin": "null", "X-Keneya": "1"}, 403),
        ({"Origin": "https://evil.example", "X-Keneya": "1"}, 403),
        ({"Origin": "http://127.0.0.1", "X-Keneya": "1"}, 403),
        ({"Origin": "http://[", "X-Keneya": "1"}, 403),
        ({"Origin": "SELF", "X-Keneya": "1"}, 200),
        ({"Origin": "https://portal.example", "X-Keneya": "1"}, 200),
    ],
)
async def test_only_our_own_pages_can_change_anything(
    tmp_path: Path, headers: dict[str, str], status: int
) -> None:
    async with running_server(tmp_path, allowed_origins=("https://portal.example",)) as server:
        await server.new_doctor()
        sent = {name: value.replace("SELF", server.url) for name, value in headers.items()}
        body = {"login": "docteur", "password": PASSWORD}
        async with server.client(sent) as client, client.post("/api/session", json=body) as answer:
            assert answer.status == status
            if status == 403:
                assert await answer.json() == {"code": "wrong_origin"}
                assert "Set-Cookie" not in answer.headers


async def test_behind_https_a_page_over_http_is_refused(tmp_path: Path) -> None:
    async with running_server(tmp_path, public_url="https://keneya.example") as server:
        await server.new_doctor()
        body = {"login": "docteur", "password": PASSWORD}
        for origin, status in (("http://keneya.example", 403), ("https://keneya.example", 200)):
            headers = {"Host": "keneya.example", "Origin": origin, "X-Keneya": "1"}
            async with server.client({}) as client:
                assert (await client.post("/api/session", json=body, headers=headers)).status == status
