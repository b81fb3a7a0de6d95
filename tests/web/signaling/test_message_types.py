"""The types the pages are checked with say what signaling/messages says, field by field."""

from __future__ import annotations

import re
from typing import get_args

import msgspec

from signaling import messages
from tests.web.pages import WEB

ENVELOPE = {"seq", "ack"}


def declared() -> dict[str, set[str]]:
    """The interfaces of messages.d.ts: name to fields."""
    text = (WEB / "shared" / "signaling" / "messages.d.ts").read_text(encoding="utf-8")
    bodies = re.findall(r"export interface (\w+) \{(.*?)\n?\}(?:\n|$)", text, re.DOTALL)
    return {name: set(re.findall(r"(\w+)\??:", body)) for name, body in bodies}


def fields_of(kind: type[msgspec.Struct]) -> set[str]:
    names = {field.name for field in msgspec.structs.fields(kind)}
    is_message = issubclass(kind, messages.ClientMessage | messages.ServerMessage)
    return names - ENVELOPE if is_message else names


def test_every_message_and_part_has_its_fields() -> None:
    found = declared()
    found["Error"] = found.pop("ErrorMessage")  # `Error` is the browser's own
    parts = [
        messages.Resume, messages.IceServer, messages.AudioParameters, messages.VideoParameters,
        messages.Slot, messages.LinkQuality, messages.QueueEntry, messages.Participant, messages.GroupSeat,
    ]  # fmt: skip
    kinds = [*get_args(messages.AnyClientMessage), *get_args(messages.AnyServerMessage), *parts]
    wrong = {kind.__name__ for kind in kinds if found.get(kind.__name__, set()) - {"type"} != fields_of(kind)}
    assert wrong == set()


def test_every_message_has_its_tag() -> None:
    text = (WEB / "shared" / "signaling" / "messages.d.ts").read_text(encoding="utf-8")
    kinds = [*get_args(messages.AnyClientMessage), *get_args(messages.AnyServerMessage)]
    tags = {str(kind.__struct_config__.tag) for kind in kinds}
    assert set(re.findall(r'type: "(\w+)"', text)) == tags


def test_pages_speak_the_version_of_the_server() -> None:
    text = (WEB / "shared" / "signaling" / "protocol.js").read_text(encoding="utf-8")
    assert f"export const PROTOCOL = {messages.PROTOCOL_VERSION};" in text
