"""A clinic whose network drops every UDP packet: what people read, and the way round over TCP."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from benchmarks.lab.systems import people
from tests.support.browsers import missing_browser
from tests.support.censor import Censor
from tests.support.patience import PATIENCE_S
from tests.support.server import PASSWORD, Server, running_server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]

TURN_SECRET = "for this test only"
# Beyond those that Linux gives to clients: no browser's own datagram comes from here.
RELAY_PORTS = range(61_000, 61_200)
# Whose candidate carries the newest leg: "relay" is the TURN server's (W3C RTCIceCandidateType).
LEGS = """window.legs = [];
const Plain = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Plain {
    constructor(...given) { super(...given); window.legs.push(this); }
};"""
CARRIER = """async () => {
    const report = [...(await window.legs.at(-1).getStats()).values()];
    const used = report.find((one) => one.type === 'transport').selectedCandidatePairId;
    const pair = report.find((one) => one.id === used);
    return report.find((one) => one.id === pair?.localCandidateId)?.candidateType ?? '';
}"""


async def on_duty(browser: Browser, server: Server) -> Page:
    page = await (await browser.new_context()).new_page()
    await page.add_init_script(LEGS)
    await people.sign_in(page, server.url, "docteur", PASSWORD)
    await people.go_on_duty(page)
    return page


async def test_everybody_is_told_that_the_network_and_not_its_slowness_is_in_the_way(
    tmp_path: Path, browser: Browser
) -> None:
    # An address where nobody is (RFC 5737): what goes there is dropped without a word.
    nowhere = {"media_announced_addresses": ("192.0.2.1",)}
    async with running_server(tmp_path, **nowhere) as server:
        await server.new_doctor()
        station = await (await browser.new_context()).new_page()
        await people.enrol(station, server.url, (await server.new_station()).code)
        note = station.locator(".home .path-note")
        await expect(note).to_contain_text("bloque la voix et l’image")
        await expect(note).to_contain_text("un dossier et ses photos passent")
        await expect(station.locator("[data-link-home]")).to_contain_text("Réseau bloqué")
        doctor = await on_duty(browser, server)
        await people.request(station)
        await expect(station.locator(".waiting .path-note")).to_contain_text("ne peut pas encore appeler")
        await expect(station.locator(".waiting > h1")).to_be_hidden()
        await expect(doctor.locator("li[data-consultation]")).to_contain_text("Réseau bloqué")


@asynccontextmanager
async def turn_server(folder: Path) -> AsyncIterator[int]:
    """coturn on loopback, over TCP alone; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    options = (
        "-n --no-udp --no-dtls --no-tls --no-cli --use-auth-secret --realm keneya --allow-loopback-peers "
        "--listening-ip 127.0.0.1 --relay-ip 127.0.0.1 --log-file stdout"
    ).split()
    ports = ["--min-port", str(RELAY_PORTS[0]), "--max-port", str(RELAY_PORTS[-1])]
    own = ["--listening-port", str(port), *ports, "--static-auth-secret", TURN_SECRET]
    process = await asyncio.create_subprocess_exec(
        "turnserver", *options, *own, "--pidfile", str(folder / "turn.pid"), "--userdb", str(folder / "turn.db"),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield port
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.skipif(shutil.which("turnserver") is None, reason="no turnserver (Debian's package coturn)")
async def test_where_udp_is_blocked_a_turn_server_over_tcp_carries_the_call(
    tmp_path: Path, browser: Browser
) -> None:
    async with turn_server(tmp_path) as port:
        turn = {"turn_urls": (f"turn:127.0.0.1:{port}?transport=tcp",), "turn_secret": TURN_SECRET}
        async with running_server(tmp_path, **turn) as server:
            Censor(server).keep_to_ports(RELAY_PORTS)
            await server.new_doctor()
            station = await (await browser.new_context()).new_page()
            await station.add_init_script(LEGS)
            await people.enrol(station, server.url, (await server.new_station()).code)
            doctor = await on_duty(browser, server)
            await people.request(station)
            await doctor.click("li[data-consultation] [data-action=accept]")
            for page in (station, doctor):
                await people.view(page, "call")
                # The clock of a call begins when both are reached.
                await expect(page.locator(".call-time")).to_have_text(re.compile(r"\d:\d\d"))
                assert await page.evaluate(CARRIER) == "relay"


async def test_a_turn_server_behind_tls_is_tried_where_it_is_configured(
    tmp_path: Path, browser: Browser
) -> None:
    """A loopback has no certificate that this browser trusts: what is seen is that it begins to speak TLS."""
    greeting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def greeted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(3)
        if not greeting.done():
            greeting.set_result(first)
        writer.close()

    listening = await asyncio.start_server(greeted, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    turn = {"turn_urls": (f"turns:127.0.0.1:{port}?transport=tcp",), "turn_secret": TURN_SECRET}
    async with listening, running_server(tmp_path, **turn) as server:
        # A leg that UDP carries at once needs no other way, and the browser stops looking for one.
        Censor(server).drop("both")
        station = await (await browser.new_context()).new_page()
        await people.enrol(station, server.url, (await server.new_station()).code)
        async with asyncio.timeout(PATIENCE_S):
            assert (await greeting)[:2] == b"\x16\x03"  # RFC 8446 section 5.1: a handshake record
