"""PROTOCOL.md names every code that a page can get, and how each goodbye closes the socket."""

from __future__ import annotations

import re
from pathlib import Path

import server
import signaling
from server.sockets.connection import GOODBYES
from signaling.limits import (
    HEARTBEAT_S,
    HELLO_WITHIN_S,
    RESUME_WITHIN_S,
    SILENT_AFTER_S,
    UNACKED_MAX_MESSAGES,
)

SIGNALING = Path(signaling.__file__).parent
SERVER = Path(server.__file__).parent
PROTOCOL = (SIGNALING / "PROTOCOL.md").read_text(encoding="utf-8")


def test_every_refusal_in_the_code_is_documented() -> None:
    live = [SERVER / "groups" / "live.py", SERVER / "mediators" / "live.py"]
    desk = [*SERVER.glob("calls/*.py"), *SERVER.glob("calls/desk/*.py"), *SERVER.glob("sockets/*.py")]
    assert len(desk) > 20
    sources = [*SIGNALING.glob("*.py"), *desk, *live]
    used: set[str] = set()
    for source in sources:
        # Also the codes of a conditional: Refused("a" if … else "b").
        for arguments in re.findall(r"Refused\(([^)]*)\)", source.read_text(encoding="utf-8")):
            used |= set(re.findall(r'"([a-z_]+)"', arguments))
    assert len(used) >= 10
    assert {code for code in used if f"| `{code}` |" not in PROTOCOL} == set()


def test_every_goodbye_is_documented_with_its_retry_and_close_code() -> None:
    for code, (close_code, retry) in GOODBYES.items():
        assert f"| `{code}` | {str(retry).lower()} | {close_code} |" in PROTOCOL


def test_the_limits_in_the_document_are_the_limits_of_the_code() -> None:
    for limit in (
        f"within {HELLO_WITHIN_S:.0f} s",
        f"{HEARTBEAT_S} s heartbeat",
        f"{RESUME_WITHIN_S:.0f} s to resume",
        f"{SILENT_AFTER_S:.0f} s of silence",
        f"{UNACKED_MAX_MESSAGES} messages or 512 KiB",
    ):
        assert limit in PROTOCOL
