"""TURN passwords that coturn can check."""

from __future__ import annotations

import base64
import hashlib
import hmac

from server.platform.settings.config import Settings
from server.sockets.turn import ice_servers


def test_without_turn_servers_pages_get_none() -> None:
    assert ice_servers(Settings(), "st_1", 1000.0) == []


def test_the_password_is_the_one_coturn_computes() -> None:
    urls = ("turn:turn.example:3478?transport=udp", "turns:turn.example:443?transport=tcp")
    settings = Settings(turn_urls=urls, turn_secret="north", turn_ttl_s=600)
    (server,) = ice_servers(settings, "st_1", 1000.9)
    assert server.urls == list(urls)
    assert server.username == "1600:st_1"
    # coturn: base64(HMAC-SHA1(static-auth-secret, username))
    expected = base64.b64encode(hmac.new(b"north", b"1600:st_1", hashlib.sha1).digest()).decode()
    assert server.credential == expected
    assert "north" not in str(server)
