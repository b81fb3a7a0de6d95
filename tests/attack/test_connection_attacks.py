"""Strangers who hold sockets and connections: honest pages are served all the same."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from server.platform.http import gate
from signaling import messages as wire
from tests.support.patience import PATIENCE_S
from tests.support.server import running_server

CROWD = 256
FILES = 128


@contextlib.contextmanager
def silent(port: int, count: int) -> Iterator[list[socket.socket]]:
    """Connections that never say anything."""
    held: list[socket.socket] = []
    try:
        for _ in range(count):
            one = socket.socket()
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                one.connect(("127.0.0.1", port))
            held.append(one)
        yield held
    finally:
        for one in held:
            one.close()


async def test_one_stranger_with_every_socket_keeps_no_participant_out(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        await server.new_doctor()
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(headers={"Origin": server.url}, connector=connector) as stranger:
            sockets = (stranger.ws_connect(f"{server.url}/ws") for _ in range(CROWD))
            held = await asyncio.gather(*sockets, return_exceptions=True)
            assert len(held) == CROWD  # a socket that nobody holds any more would be closed
            async with server.client() as page:
                await server.sign_in(page)
                ticket = await server.ticket(page)
                async with page.ws_connect("/ws") as ws:
                    hello = wire.Hello(protocol=wire.PROTOCOL_VERSION, ticket=ticket)
                    await ws.send_str(wire.encode(hello))
                    async with asyncio.timeout(PATIENCE_S):
                        assert isinstance(wire.decode_server(await ws.receive_str()), wire.Welcome)


async def _page(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    async with asyncio.timeout(PATIENCE_S):
        answer = await reader.read()
    writer.close()
    return answer.split(b"\r\n")[0]


@pytest.mark.parametrize(
    "attack", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "], ids=["silent", "half a head"]
)
async def test_who_sends_no_request_is_sent_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: bytes
) -> None:
    monkeypatch.setattr(gate, "REQUEST_WITHIN_S", 0.2)
    async with running_server(tmp_path) as server:
        port = int(server.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(attack)
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()
        assert b"200" in await _page(port)


def test_a_server_with_few_files_serves_pages_while_silent_connections_take_them_all(tmp_path: Path) -> None:
    asyncio.run(_few_files(tmp_path))


async def _few_files(tmp_path: Path) -> None:
    def few_files() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))

    port = _free_port()
    environment = os.environ | {
        "KENEYA_HTTP_HOST": "127.0.0.1",
        "KENEYA_HTTP_PORT": str(port),
        "KENEYA_MEDIA_PORT": "0",
        "KENEYA_MEDIA_HOSTS": "127.0.0.1",
        "KENEYA_DATA_DIR": str(tmp_path),
        "KENEYA_LOG_LEVEL": "error",
    }
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "serve", env=environment, preexec_fn=few_files
    )
    try:
        await _is_up(port)
        with silent(port, FILES - 3):
            await asyncio.sleep(0.2)  # until all are accepted
            for _ in range(5):
                assert b"200" in await _page(port)
    finally:
        server.send_signal(signal.SIGTERM)
        await server.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


async def _is_up(port: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await _page(port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                return
