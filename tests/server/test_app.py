"""The parts work together: tickets, sockets, database and engine in one running server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import aiohttp
import pytest

from server.sockets.hub import HUB
from signaling import messages as wire
from tests.support.patience import PATIENCE_S
from tests.support.server import Server, running_server

M = TypeVar("M", bound=wire.ServerMessage)


class Page:
    """The socket of one page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._seq = 0

    async def send(self, message: wire.ClientMessage) -> None:
        """Send one message as it is."""
        await self._socket.send_str(wire.encode(message))

    def next_seq(self) -> int:
        """The number of the next numbered message."""
        self._seq += 1
        return self._seq

    async def wait_for(self, kind: type[M]) -> M:
        """The next message of this kind; others are passed over."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = wire.decode_server(await self._socket.receive_str())
                if isinstance(message, kind):
                    return message


@asynccontextmanager
async def page(server: Server, client: aiohttp.ClientSession, role: str) -> AsyncIterator[Page]:
    """Open a socket and say hello."""
    ticket = await server.ticket(client, role)
    async with client.ws_connect("/ws", headers={"Origin": server.url}) as socket:
        opened = Page(socket)
        await opened.send(wire.Hello(protocol=wire.PROTOCOL_VERSION, ticket=ticket))
        yield opened


async def test_a_ticket_opens_the_socket_of_its_participant(server: Server) -> None:
    made = await server.new_station()
    async with server.client() as kiosk:
        await server.enrol(kiosk, made.code)
        async with page(server, kiosk, "station") as opened:
            welcome = await opened.wait_for(wire.Welcome)
    assert (welcome.participant_id, welcome.role) == (made.station_id, wire.Role.STATION)
    assert welcome.ice_servers == []


async def test_pages_get_the_turn_servers(tmp_path: Path) -> None:
    urls = ("turn:turn.example:3478",)
    async with running_server(tmp_path, turn_urls=urls, turn_secret="north") as server:
        await server.new_doctor()
        async with server.client() as desk:
            me = await server.sign_in(desk)
            async with page(server, desk, "clinician") as opened:
                (turn,) = (await opened.wait_for(wire.Welcome)).ice_servers
    assert turn.urls == list(urls)
    assert turn.username is not None
    assert turn.username.endswith(f":{me['participant_id']}")


async def test_a_page_open_for_long_gets_new_turn_names_before_the_old_ones_expire(tmp_path: Path) -> None:
    passed_s = [0.0]
    options = {"turn_urls": ("turn:turn.example:3478",), "turn_secret": "north", "turn_ttl_s": 600}
    clock = {"clock": lambda: 1_000_000 + passed_s[0]}
    async with running_server(tmp_path, app_options=clock, **options) as server:
        hub = server.app[HUB]
        made = await server.new_station()
        async with server.client() as kiosk:
            await server.enrol(kiosk, made.code)
            async with page(server, kiosk, "station") as opened:
                await opened.wait_for(wire.Welcome)
                began_s = hub.clock()
                hub.clock = lambda: began_s + passed_s[0]
                for renewal in (1, 2):
                    passed_s[0] += 150
                    await opened.send(wire.Ping())  # a page that lives says so now and then
                    await opened.wait_for(wire.Pong)
                    passed_s[0] += 151
                    (turn,) = (await opened.wait_for(wire.IceServers)).ice_servers
                    assert turn.username == f"{1_000_000 + 301 * renewal + 600}:{made.station_id}"


async def test_a_clock_that_is_set_while_a_patient_waits_makes_nobody_wait_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead_s = [0.0]
    wall = time.time
    monkeypatch.setattr(time, "time", lambda: wall() + ahead_s[0])
    async with running_server(tmp_path) as server:
        made = await server.new_station()
        async with server.client() as kiosk:
            await server.enrol(kiosk, made.code)
            async with page(server, kiosk, "station") as opened:
                await opened.wait_for(wire.Welcome)
                request = wire.RequestConsultation(seq=opened.next_seq(), urgency=wire.Urgency.RED)
                await opened.send(request)
                await opened.wait_for(wire.Waiting)
                ahead_s[0] = 3_600
                async with server.client() as desk:
                    await server.new_doctor()
                    await server.sign_in(desk)
                    async with page(server, desk, "clinician") as doctor:
                        await doctor.send(wire.SetDuty(seq=doctor.next_seq(), on=True))
                        while not (entries := (await doctor.wait_for(wire.Queue)).entries):
                            pass
                        assert entries[0].waiting_s < 1_800


async def test_signing_out_ends_the_socket_too(server: Server) -> None:
    await server.new_doctor()
    async with server.client() as desk:
        await server.sign_in(desk)
        async with page(server, desk, "clinician") as opened:
            await opened.wait_for(wire.Welcome)
            await desk.delete("/api/session")
            goodbye = await opened.wait_for(wire.Goodbye)
    assert (goodbye.code, goodbye.retry) == ("signed_out", False)


async def test_a_kiosk_that_was_replaced_loses_its_socket(server: Server) -> None:
    made = await server.new_station()
    async with server.client() as old, server.client() as new:
        await server.enrol(old, made.code)
        async with page(server, old, "station") as opened:
            await opened.wait_for(wire.Welcome)
            await server.enrol(new, (await server.new_station()).code)
            assert (await opened.wait_for(wire.Goodbye)).code == "signed_out"


async def test_a_request_outlives_the_process(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        made = await server.new_station()
        async with server.client() as kiosk:
            await server.enrol(kiosk, made.code)
            cookies = {c.key: c.value for c in kiosk.cookie_jar}
            key = server.key_of(kiosk)
            async with page(server, kiosk, "station") as opened:
                await opened.wait_for(wire.Welcome)
                request = wire.RequestConsultation(
                    seq=opened.next_seq(), urgency=wire.Urgency.RED, reason="fièvre"
                )
                await opened.send(request)
                asked = await opened.wait_for(wire.Consultation)
    async with running_server(tmp_path) as server, server.client() as kiosk:
        kiosk.cookie_jar.update_cookies(cookies, response_url=kiosk._base_url)
        server.key_of(kiosk).become(key)
        async with page(server, kiosk, "station") as opened:
            found = await opened.wait_for(wire.Consultation)
    assert found.consultation_id == asked.consultation_id
    assert (found.state, found.urgency, found.reason) == (asked.state, wire.Urgency.RED, "fièvre")


async def test_stopping_says_goodbye_to_every_page(tmp_path: Path) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as outer:
        async with running_server(tmp_path) as server:
            made = await server.new_station()
            async with server.client() as kiosk:
                await server.enrol(kiosk, made.code)
                ticket = await server.ticket(kiosk)
            socket = await outer.ws_connect(f"{server.url}/ws", headers={"Origin": server.url})
            opened = Page(socket)
            await opened.send(wire.Hello(protocol=wire.PROTOCOL_VERSION, ticket=ticket))
            await opened.wait_for(wire.Welcome)
            farewell = asyncio.create_task(opened.wait_for(wire.Goodbye))
        goodbye = await farewell
        assert (goodbye.code, goodbye.retry) == ("server_stopping", True)
        await socket.close()


@pytest.mark.parametrize("origin", ["https://evil.example", ""])
async def test_another_sites_page_gets_no_socket(server: Server, origin: str) -> None:
    async with server.client({}) as stranger:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await stranger.ws_connect("/ws", headers={"Origin": origin} if origin else {})
    assert caught.value.status == 403
