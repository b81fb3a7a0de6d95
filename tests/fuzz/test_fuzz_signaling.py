"""For any input of a page or a stranger, the decoders return a message or raise MalformedMessage."""

from __future__ import annotations

import json

from signaling import messages as wire
from signaling.errors import MalformedMessage, UnexpectedMessage
from signaling.resumption import SessionLog
from tests.fuzz.harness import fuzz
from tests.signaling.test_messages import EXAMPLES

SEEDS = [line.encode() for line in EXAMPLES] + [
    json.dumps({"type": "leg_offer", "seq": 1, "sdp": "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\n"}).encode(),
]


def client_message(data: bytes) -> None:
    message = wire.decode_client(data)
    assert wire.decode_client(wire.encode(message)) == message


def server_message(data: bytes) -> None:
    message = wire.decode_server(data)
    assert wire.decode_server(wire.encode(message)) == message


def client_session(data: bytes) -> None:
    """Pass the envelope of every decoded message to the session's log."""
    message = wire.decode_client(data)
    log = SessionLog(max_messages=4, max_bytes=1_000)
    log.number(wire.Error(code="x"))
    log.acknowledge(message.ack)
    log.take(message.seq)
    if isinstance(message, wire.Hello) and message.resume is not None:
        log.can_resume(message.resume.seq)


def test_client_messages(fuzz_inputs: int) -> None:
    assert fuzz(client_message, SEEDS, MalformedMessage, fuzz_inputs, rng_seed=11) > 0


def test_server_messages(fuzz_inputs: int) -> None:
    assert fuzz(server_message, SEEDS, MalformedMessage, fuzz_inputs, rng_seed=12) > 0


def test_client_sessions(fuzz_inputs: int) -> None:
    allowed = (MalformedMessage, UnexpectedMessage)
    assert fuzz(client_session, SEEDS, allowed, fuzz_inputs, rng_seed=13) > 0
