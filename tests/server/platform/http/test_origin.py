"""The real origin of a request."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from server.platform.http.access_log import network_of
from server.platform.http.origin import came_securely, client_address, is_our_origin
from server.platform.settings.config import Settings
from tests.support.server import PASSWORD, running_server


class Peer:
    """A transport that only knows its peer's address."""

    def __init__(self, address: str) -> None:
        self._address = address

    def get_extra_info(self, name: str, default: object = None) -> object:
        return (self._address, 1234) if name == "peername" else default


def address(peer: str, forwarded: str | None, *trusted: str) -> str:
    headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
    request = make_mocked_request("GET", "/", headers=headers, transport=Peer(peer))
    settings = Settings(trusted_proxies=tuple(ipaddress.ip_network(n) for n in trusted))
    return client_address(request, settings)


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "expected"),
    [
        ("192.0.2.1", None, (), "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", (), "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9", ("10.0.0.0/8",), "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9", ("10.0.0.0/8",), "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", ("10.0.0.0/8",), "203.0.113.9"),
        ("10.0.0.1", "", ("10.0.0.0/8",), "10.0.0.1"),
        ("::1", "2001:db8::9", ("::1/128",), "2001:db8::9"),
    ],
)
def test_a_forwarding_header_counts_only_from_a_trusted_proxy(
    peer: str, forwarded: str | None, trusted: tuple[str, ...], expected: str
) -> None:
    assert address(peer, forwarded, *trusted) == expected


def asked(**headers: str | None) -> web.Request:
    """A request with these headers, and those alone."""
    given = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
    return make_mocked_request("GET", "/", headers=CIMultiDict(given))


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("http://localhost:8080", "localhost:8080", True),
        ("https://keneya.ml", "keneya.ml", True),
        ("https://keneya.ml", "keneya.ml:443", True),
        ("https://KENEYA.ml", "keneya.ml", True),
        ("http://[::1]:8080", "[::1]:8080", True),
        ("https://app.example", "keneya.ml", True),
        ("https://app.example:444", "keneya.ml", False),
        ("http://app.example", "keneya.ml", False),
        ("https://keneya.ml:8443", "keneya.ml", False),
        ("https://evil.example", "keneya.ml", False),
        ("https://keneya.ml.evil.example", "keneya.ml", False),
        ("null", "keneya.ml", False),
        ("file://", "", False),
        ("https://keneya.ml:notaport", "keneya.ml", False),
        ("https://[", "keneya.ml", False),
        ("", "keneya.ml", False),
        (None, "keneya.ml", False),
        ("https://keneya.ml", None, False),
    ],
)
def test_only_our_own_pages_and_listed_origins_may_connect(
    origin: str | None, host: str | None, allowed: bool
) -> None:
    settings = Settings(allowed_origins=("https://app.example",))
    assert is_our_origin(asked(Origin=origin, Host=host), settings) is allowed


HTTPS = Settings(public_url="https://keneya.ml")


@pytest.mark.parametrize(
    ("headers", "settings"),
    [
        ({}, HTTPS),
        ({"X_Forwarded_Proto": "https"}, Settings()),
        ({"Forwarded": "for=192.0.2.1;proto=https"}, Settings()),
        ({"Cookie": "__Host-keneya-station=x"}, Settings()),
        ({"Cookie": "__Secure-keneya-device=x"}, Settings()),
    ],
)
def test_over_https_a_page_that_came_over_http_is_not_ours(
    headers: dict[str, str], settings: Settings
) -> None:
    for origin, ours in (("http://keneya.ml", False), ("https://keneya.ml", True)):
        assert is_our_origin(asked(Origin=origin, Host="keneya.ml", **headers), settings) is ours


def test_where_nothing_shows_https_both_schemes_are_ours() -> None:
    for origin in ("http://keneya.ml", "https://keneya.ml"):
        assert is_our_origin(asked(Origin=origin, Host="keneya.ml"), Settings())
    assert not came_securely(asked(Host="keneya.ml", Cookie="keneya=x"), Settings())


async def test_a_page_of_plain_http_opens_no_socket_under_tls(tmp_path: Path) -> None:
    async with running_server(tmp_path, public_url="https://keneya.ml") as server:
        for origin, status in (
            ("http://keneya.ml", 403),
            ("https://evil.ml", 403),
            ("https://keneya.ml", 101),
        ):
            headers = {"Host": "keneya.ml", "Origin": origin}
            async with server.client(headers=headers) as client:
                if status == 101:
                    async with client.ws_connect("/ws", protocols=()):
                        continue
                with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                    await client.ws_connect("/ws")
                assert refused.value.status == status


async def test_behind_a_trusted_proxy_each_visitor_has_separate_waits(tmp_path: Path) -> None:
    async with running_server(
        tmp_path,
        sign_in_free_tries=1,
        sign_in_delay_s=50,
        trusted_proxies=(ipaddress.ip_network("127.0.0.1"),),
    ) as server:
        await server.new_doctor()
        async with server.client() as client:
            right = {"login": "docteur", "password": PASSWORD}
            wrong = {"login": "docteur", "password": "wrong"}
            thief, doctor = {"X-Forwarded-For": "203.0.113.6"}, {"X-Forwarded-For": "203.0.113.9"}
            assert (await client.post("/api/session", json=wrong, headers=thief)).status == 401
            assert (await client.post("/api/session", json=right, headers=thief)).status == 429
            assert (await client.post("/api/session", json=right, headers=doctor)).status == 200


@pytest.mark.parametrize(
    ("whole", "kept"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("", "unknown"),
    ],
)
def test_logs_keep_the_network_not_the_address(whole: str, kept: str) -> None:
    assert network_of(whole) == kept
