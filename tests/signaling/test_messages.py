"""Messages on the wire: which are read, which are refused, and what their repr hides."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import signaling
from signaling import messages as wire
from signaling.errors import MalformedMessage

PROTOCOL = Path(signaling.__file__).with_name("PROTOCOL.md").read_text(encoding="utf-8")
EXAMPLES = [line for block in re.findall(r"```json\n(.*?)```", PROTOCOL, re.S) for line in block.splitlines()]
# The examples shorten tokens with an ellipsis, which no identifier may hold.
EXAMPLES = [line.replace("…", "A" * 20) for line in EXAMPLES]


def holds(whole: object, part: object) -> bool:
    """Whether ``whole`` contains ``part``; ``whole`` may write defaults out."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and holds(whole[key], value) for key, value in part.items())
    if isinstance(whole, list) and isinstance(part, list):
        return all(holds(w, p) for w, p in zip(whole, part, strict=True))
    return whole == part


@pytest.mark.parametrize("line", EXAMPLES)
def test_every_example_of_the_protocol_is_a_message(line: str) -> None:
    read = {}
    for decode in (wire.decode_client, wire.decode_server):
        try:
            read[decode] = decode(line)
        except MalformedMessage:
            continue
    assert len(read) == 1
    (message,) = read.values()
    assert holds(json.loads(wire.encode(message)), json.loads(line))


@pytest.mark.parametrize("union", [wire.AnyClientMessage, wire.AnyServerMessage])
def test_every_message_has_an_example_and_a_row(union: type) -> None:
    shown = {json.loads(line)["type"] for line in EXAMPLES}
    for kind in union.__args__:  # type: ignore[attr-defined]
        tag = kind.__struct_config__.tag
        assert tag in shown
        assert f"| `{tag}` |" in PROTOCOL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"type":"hullo"}',
        '{"type":"welcome"}',
        '{"type":"ping","seq":-1}',
        '{"type":"ping","seq":9007199254740992}',
        '{"type":"ping","seq":1.5}',
        '{"type":"ping","extra":1}',
        '{"type":"accept","consultation_id":""}',
        '{"type":"accept","consultation_id":"a b"}',
        '{"type":"accept","consultation_id":"' + "a" * 65 + '"}',
        '{"type":"request_consultation","urgency":"purple"}',
        '{"type":"request_consultation","urgency":"red","reason":"' + "x" * 501 + '"}',
        '{"type":"leg_offer","sdp":"' + "x" * 32_769 + '"}',
        '{"type":"hello","protocol":1,"ticket":"short"}',
        "[" * 100_000,
    ],
)
def test_any_other_text_is_malformed(text: str) -> None:
    with pytest.raises(MalformedMessage) as error:
        wire.decode_client(text)
    assert "x" * 10 not in str(error.value)


def test_bytes_that_are_not_utf8_are_malformed() -> None:
    with pytest.raises(MalformedMessage):
        wire.decode_client(b'{"type":"\xff"}')


def test_the_repr_of_a_message_hides_its_content() -> None:
    quality = wire.LinkQuality(level=1)
    entry = wire.QueueEntry(
        consultation_id="c1",
        site="s",
        station="t",
        urgency=wire.Urgency.RED,
        reason="secret",
        waiting_s=1,
        link=quality,
    )
    for message in (
        wire.RequestConsultation(urgency=wire.Urgency.RED, reason="secret"),
        wire.Hello(protocol=1, ticket="secret" * 4),
        wire.Queue(entries=[entry]),
        entry,
        wire.Consultation(
            consultation_id="c",
            state=wire.ConsultationState.CLOSED,
            urgency=wire.Urgency.RED,
            reason="secret",
            participants=[],
        ),
    ):
        assert "secret" not in repr(message)
        assert "secret" not in f"{message}"
