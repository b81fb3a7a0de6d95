"""Listening, TLS and the lines that end a start."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from server.app import create_app
from server.platform.http import gate
from server.platform.settings.config import Settings, SettingsError
from server.serve import address_to_open, handed_over, listen, open_entrance, tls_context
from tests.support.patience import PATIENCE_S
from tests.support.tls import certificate


@pytest.mark.skipif(not hasattr(socket, "TCP_MAXSEG"), reason="this system has no such option")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_no_segment_is_larger_than_the_smallest_tunnel_carries_either_way(host: str) -> None:
    headers_bytes = {"127.0.0.1": 40, "::1": 60}[host]
    try:
        (listening,) = listen(host, 0)
    except SettingsError:
        pytest.skip("no IPv6")
    with listening, socket.create_connection(listening.getsockname()[:2]) as page:
        accepted, _ = listening.accept()
        with accepted:
            for end in (page, accepted):
                segment_bytes = end.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
                assert segment_bytes + headers_bytes <= 1_280  # RFC 8200 section 5


def test_localhost_is_every_loopback_address_on_one_port() -> None:
    sockets = listen("localhost", 0)
    try:
        assert len({s.getsockname()[1] for s in sockets}) == 1
        assert all(s.getsockname()[0] in ("127.0.0.1", "::1") for s in sockets)
    finally:
        for found in sockets:
            found.close()


@pytest.mark.parametrize("environ", [{}, {"LISTEN_PID": "1", "LISTEN_FDS": "1"}, {"LISTEN_FDS": "1"}])
def test_sockets_for_another_process_are_left_alone(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LISTEN_PID", "LISTEN_FDS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert handed_over() == []
    assert "LISTEN_PID" not in os.environ, "a process that this one starts would take them for its own"


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"http_port: {port} is in use"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_one_clear_line(host: str) -> None:
    with pytest.raises(SettingsError, match=r"http_host: .* is not an address of this machine"):
        listen(host, 0)


def test_without_a_certificate_there_is_no_tls() -> None:
    assert tls_context(Settings()) is None


def test_files_that_are_no_certificate_are_one_clear_line(tmp_path: Path) -> None:
    chain, key = certificate(tmp_path / "a")
    _, other = certificate(tmp_path / "b")
    with pytest.raises(SettingsError, match=r"tls_key: .* cannot be read"):
        tls_context(Settings(tls_certificate=chain, tls_key=tmp_path / "absent.pem"))
    with pytest.raises(SettingsError, match="belong together"):
        tls_context(Settings(tls_certificate=chain, tls_key=other))
    with pytest.raises(SettingsError, match="belong together"):
        tls_context(Settings(tls_certificate=key, tls_key=key))


@asynccontextmanager
async def served_over_tls(tmp_path: Path) -> AsyncIterator[tuple[int, Path]]:
    """The port, and the certificate to trust."""
    chain, key = certificate(tmp_path)
    settings = Settings(
        data_dir=tmp_path, tls_certificate=chain, tls_key=key, media_port=0, media_hosts=("127.0.0.1",)
    )
    app = create_app(settings)
    runner = web.AppRunner(app)
    await runner.setup()
    sockets = listen("127.0.0.1", 0)
    entrance = open_entrance(settings, app, runner, sockets, files=256, context=tls_context(settings))
    try:
        yield sockets[0].getsockname()[1], chain
    finally:
        await entrance.close()
        await runner.cleanup()
        sockets[0].close()


async def test_who_never_says_what_tls_wants_is_sent_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "REQUEST_WITHIN_S", 0.2)
    async with served_over_tls(tmp_path) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()


async def test_pages_are_served_over_tls_1_2_and_newer_only(tmp_path: Path) -> None:
    async with served_over_tls(tmp_path) as (port, chain):
        trusting = ssl.create_default_context(cafile=str(chain))
        async with aiohttp.ClientSession() as client:
            url = f"https://127.0.0.1:{port}/healthz"
            async with client.get(url, ssl=trusting, server_hostname="localhost") as answer:
                assert answer.status == 200
                assert "Strict-Transport-Security" in answer.headers
            old = ssl.create_default_context(cafile=str(chain))
            old.set_ciphers("ALL:@SECLEVEL=0")
            with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
                old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
            with pytest.raises(aiohttp.ClientConnectorError):
                await client.get(url, ssl=old, server_hostname="localhost")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(), "http://localhost:80"),
        (Settings(http_host="0.0.0.0"), "http://localhost:80"),
        (Settings(http_host="2001:db8::7"), "http://[2001:db8::7]:80"),
        (Settings(public_url="https://keneya.example"), "https://keneya.example"),
    ],
)
def test_the_printed_address_can_be_opened(settings: Settings, expected: str) -> None:
    assert address_to_open(settings, 80) == expected
