"""VP8 frames in packets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core.rtp.codecs import Codec, is_keyframe
from media.core.rtp.depacketize import frame_of, starts_frame
from media.core.rtp.packetize import MAX_PAYLOAD_BYTES, vp8_payloads


@given(
    frame=st.binary(min_size=1, max_size=9_000),
    picture_id=st.integers(0, 1 << 20),
    room=st.integers(5, 1_200),
)
def test_any_frame_is_restored_from_packets_within_the_bound(
    frame: bytes, picture_id: int, room: int
) -> None:
    payloads = vp8_payloads(frame, picture_id, room)
    assert frame_of(Codec.VP8, payloads) == frame
    assert max(map(len, payloads)) <= room
    assert max(map(len, payloads)) - min(map(len, payloads)) <= 1
    assert [starts_frame(Codec.VP8, payload) for payload in payloads] == [True] + [False] * (
        len(payloads) - 1
    )


def test_every_packet_of_a_frame_carries_its_15_bit_picture_id() -> None:
    for picture_id, written in ((0, 0x8000), (0x1234, 0x9234), (0x8001, 0x8001)):
        for payload in vp8_payloads(bytes(3_000), picture_id):
            assert int.from_bytes(payload[2:4]) == written


def test_a_keyframe_is_recognised_in_its_first_packet_only() -> None:
    payloads = vp8_payloads(b"\x10" + bytes(2_500), 5)
    assert [is_keyframe(Codec.VP8, one, 0, len(one)) for one in payloads] == [True, False, False]
    delta = vp8_payloads(b"\x11" + bytes(9), 6)[0]
    assert not is_keyframe(Codec.VP8, delta, 0, len(delta))
    assert all(len(one) <= MAX_PAYLOAD_BYTES for one in payloads)


@pytest.mark.parametrize(("frame", "room"), [(b"", 1_100), (b"x", 4)])
def test_nothing_to_send_or_no_room_is_an_error(frame: bytes, room: int) -> None:
    with pytest.raises(ValueError, match="nothing to send"):
        vp8_payloads(frame, 1, room)
