"""The real origin of a request."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request

from server.platform.http.access_log import network_of
from server.platform.http.origin import client_address
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
