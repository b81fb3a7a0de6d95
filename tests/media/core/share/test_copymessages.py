"""The pipe's messages: they are restored from any stream, and nothing else is accepted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core.share.copymessages import (
    CODECS,
    MAX_MESSAGE_BYTES,
    Done,
    Kind,
    Message,
    MessageError,
    MessageReader,
    Open,
    Picture,
    Retarget,
    Simple,
    SourceFrame,
    Target,
    decode,
    encode,
)

U16, U32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFF_FFFF)
TARGETS = st.builds(Target, U16, st.floats(width=32, allow_nan=False), U32)
MESSAGES: st.SearchStrategy[Message] = st.one_of(
    st.builds(Open, U32, st.sampled_from(CODECS), TARGETS),
    st.builds(Retarget, U32, TARGETS),
    st.builds(SourceFrame, U32, U32, st.booleans(), st.binary(max_size=300)),
    st.builds(Picture, U32, U32, st.booleans(), U16, U16, st.binary(max_size=300)),
    st.builds(Done, U32, U32),
    st.builds(Simple, st.sampled_from((Kind.KEYFRAME, Kind.CLOSE, Kind.WANT_KEYFRAME, Kind.READY)), U32),
)


@given(messages=st.lists(MESSAGES, max_size=6), cut=st.integers(1, 40))
def test_messages_are_restored_from_a_stream_cut_anywhere(messages: list[Message], cut: int) -> None:
    data = b"".join(map(encode, messages))
    reader = MessageReader()
    pieces = [data[at : at + cut] for at in range(0, len(data), cut)]
    assert [one for piece in pieces for one in reader.feed(piece)] == messages


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x01",
        b"\x00\x00\x00\x00\x01",
        b"\x04\x00\x00\x00\x01more",
        b"\x01\x00\x00\x00\x01\x09" + bytes(10),
    ],
)
def test_a_malformed_message_raises_the_documented_error(body: bytes) -> None:
    with pytest.raises(MessageError):
        decode(body)


def test_neither_side_sends_or_reads_without_bound() -> None:
    with pytest.raises(MessageError, match="too long"):
        encode(SourceFrame(1, 2, True, bytes(MAX_MESSAGE_BYTES)))
    with pytest.raises(MessageError, match="too long"):
        MessageReader().feed((MAX_MESSAGE_BYTES + 1).to_bytes(4))
