"""The networks behind addresses."""

from __future__ import annotations

import pytest

from server.platform.http.networks import UNKNOWN, networks_of


@pytest.mark.parametrize(
    ("address", "networks"),
    [
        ("203.0.113.7", ("203.0.113.0/24", "203.0.113.0/24")),
        ("::ffff:203.0.113.7", ("203.0.113.0/24", "203.0.113.0/24")),
        ("2001:db8:1:2:3::4", ("2001:db8:1:2::/64", "2001:db8:1::/48")),
        ("fe80::1%eth0", ("fe80::/64", "fe80::/48")),
        ("nowhere", (UNKNOWN, UNKNOWN)),
        ("", (UNKNOWN, UNKNOWN)),
    ],
)
def test_an_address_has_a_narrow_and_a_wide_network(address: str, networks: tuple[str, str]) -> None:
    assert networks_of(address) == networks
