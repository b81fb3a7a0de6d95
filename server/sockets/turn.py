"""Passwords for TURN servers, in the way coturn calls its REST API (draft-uberti-behave-turn-rest-00).

Owns: the user name ``<expiry>:<participant>`` and its HMAC-SHA1 password, which the TURN server can check
by itself. Must never hand out the shared secret. Pure: the time is an argument.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from server.platform.settings.config import Settings
from signaling.messages import IceServer


def ice_servers(settings: Settings, participant_id: str, now: float) -> list[IceServer]:
    """The TURN servers for one participant, usable for ``turn_ttl_s`` from ``now`` (UTC seconds)."""
    if not settings.turn_urls:
        return []
    username = f"{int(now) + settings.turn_ttl_s}:{participant_id}"
    # SHA-1 is what the draft and coturn fix; as an HMAC key check it is still sound.
    digest = hmac.new(settings.turn_secret.encode(), username.encode(), hashlib.sha1).digest()
    credential = base64.b64encode(digest).decode()
    return [IceServer(urls=list(settings.turn_urls), username=username, credential=credential)]
