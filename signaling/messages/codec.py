"""Messages to text and back: one JSON object whose ``type`` names it.

Owns: which messages there are from each side, reading and writing them. Must never do I/O or decide anything.
"""

from __future__ import annotations

import msgspec

from signaling.errors import MalformedMessage
from signaling.messages import consultations, groups, legs, mediators, session, stills
from signaling.messages.envelope import ClientMessage, ServerMessage

AnyClientMessage = (
    session.FromPage
    | legs.FromPage
    | stills.FromPage
    | consultations.FromPage
    | mediators.FromPage
    | groups.FromPage
)

AnyServerMessage = (
    session.FromServer
    | legs.FromServer
    | stills.FromServer
    | consultations.FromServer
    | mediators.FromServer
    | groups.FromServer
)

_client_decoder: msgspec.json.Decoder[AnyClientMessage] = msgspec.json.Decoder(AnyClientMessage)
_server_decoder: msgspec.json.Decoder[AnyServerMessage] = msgspec.json.Decoder(AnyServerMessage)
_encoder = msgspec.json.Encoder()


def decode_client(text: str | bytes) -> AnyClientMessage:
    """Read one message from a page. Raises MalformedMessage for any other input."""
    try:
        return _client_decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise MalformedMessage(type(error).__name__) from None


def decode_server(text: str | bytes) -> AnyServerMessage:
    """Read one message from the server (tests and benchmarks). Raises MalformedMessage."""
    try:
        return _server_decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise MalformedMessage(type(error).__name__) from None


def encode(message: ClientMessage | ServerMessage) -> str:
    """Write one message as JSON text."""
    return _encoder.encode(message).decode()
