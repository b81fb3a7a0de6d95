"""Packets into frames: in order, late, lost, restarted."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core.rtp.codecs import Codec
from media.core.rtp.frameassembly import MAX_WAITING_PACKETS, PATIENCE_MS, Frame, FrameAssembler
from media.core.rtp.header import MARKER
from media.core.rtp.packetize import vp8_payloads

Packet = tuple[int, int, int, bytes]


def stream(
    count: int, *, first: int = 100, keyframes: tuple[int, ...] = (0,), packets: int = 3
) -> list[Packet]:
    """VP8 frames of `packets` packets each: (sequence number, marker byte, timestamp, payload)."""
    made: list[Packet] = []
    for index in range(count):
        frame = bytes((0x10 if index in keyframes else 0x11,)) + bytes((index & 0xFF,)) * (packets * 20 - 1)
        payloads = vp8_payloads(frame, index, 24)
        for payload in payloads:
            marker = MARKER if payload is payloads[-1] else 0
            made.append(((first + len(made)) & 0xFFFF, marker, index * 3_000, payload))
    return made


def feed(assembler: FrameAssembler, packets: list[Packet], now_ms: float = 0.0) -> list[Frame]:
    return [frame for packet in packets for frame in assembler.received(*packet, now_ms)]


def numbers(frames: list[Frame]) -> list[int]:
    return [frame.timestamp // 3_000 for frame in frames]


def test_frames_come_out_whole_and_in_order() -> None:
    assembler = FrameAssembler(Codec.VP8)
    frames = feed(assembler, stream(5))
    assert numbers(frames) == [0, 1, 2, 3, 4]
    assert [frame.keyframe for frame in frames] == [True, False, False, False, False]
    assert [frame.data[-1] for frame in frames] == [0, 1, 2, 3, 4]
    assert not assembler.needs_keyframe


@given(seed=st.integers(0, 10_000), first=st.sampled_from((5, 0xFFF0)))
def test_late_and_duplicate_packets_change_nothing(seed: int, first: int) -> None:
    rng = random.Random(seed)
    packets = stream(8, first=first)
    # Each packet moves back by at most six places; the first one is the stream's beginning.
    late = packets[:1] + sorted(packets[1:], key=lambda one: (one[0] - first) % 0x10000 + rng.uniform(0, 6))
    doubled = [one for packet in late for one in [packet] * rng.choice((1, 1, 2))]
    assert numbers(feed(FrameAssembler(Codec.VP8), doubled)) == list(range(8))


def test_no_frame_leaves_before_the_first_keyframe() -> None:
    assembler = FrameAssembler(Codec.VP8)
    assert numbers(feed(assembler, stream(6, keyframes=(3,)))) == [3, 4, 5]


def test_a_lost_packet_costs_its_frame_and_every_frame_that_builds_on_it() -> None:
    assembler = FrameAssembler(Codec.VP8)
    packets = stream(8, keyframes=(0, 6))
    del packets[7]  # in frame 2
    frames = feed(assembler, packets[:10])
    assert numbers(frames) == [0, 1], "waiting for a repeat"
    frames = feed(assembler, packets[10:], PATIENCE_MS + 1)
    assert numbers(frames) == [6, 7]


def test_after_a_loss_a_keyframe_is_needed_until_one_comes() -> None:
    assembler = FrameAssembler(Codec.VP8)
    packets = stream(9, keyframes=(0, 8))
    del packets[4]
    feed(assembler, packets[:9])
    feed(assembler, packets[9:10], PATIENCE_MS + 1)
    assert assembler.needs_keyframe
    assert numbers(feed(assembler, packets[10:], PATIENCE_MS + 2)) == [8]
    assert not assembler.needs_keyframe


def test_a_retransmission_in_time_saves_every_frame() -> None:
    assembler = FrameAssembler(Codec.VP8)
    packets = stream(5)
    lost = packets.pop(4)
    assert numbers(feed(assembler, packets)) == [0]
    assert numbers(assembler.received(*lost, PATIENCE_MS - 1)) == [1, 2, 3, 4]
    assert not assembler.needs_keyframe


def test_padding_between_and_inside_frames_is_not_taken_for_loss() -> None:
    assembler = FrameAssembler(Codec.VP8)
    packets = stream(2)
    frames = feed(assembler, packets[:2])
    frames += assembler.skipped(102, 0.0)
    shifted = [((number + 1) & 0xFFFF, *rest) for number, *rest in packets[2:]]
    frames += feed(assembler, shifted)  # type: ignore[arg-type]
    frames += assembler.skipped(107, 0.0)
    assert numbers(frames) == [0, 1]


def test_the_waiting_packets_are_bounded() -> None:
    assembler = FrameAssembler(Codec.VP8)
    packets = stream(2 * MAX_WAITING_PACKETS, packets=1)
    del packets[1]
    feed(assembler, packets)
    assert len(assembler._waiting) <= MAX_WAITING_PACKETS
    assert assembler.needs_keyframe


def test_a_frame_without_its_end_is_lost_where_the_marker_must_stand() -> None:
    assembler = FrameAssembler(Codec.VP8)
    packets = [(number, 0 if number == 105 else second, *rest) for number, second, *rest in stream(4)]
    assert numbers(feed(assembler, packets)) == [0]  # type: ignore[arg-type]
    assert assembler.needs_keyframe


def test_h264_frames_end_at_a_new_timestamp_too() -> None:
    assembler = FrameAssembler(Codec.H264)
    assert not assembler.received(7, 0, 1_000, b"\x65key", 0.0)
    assert [frame.timestamp for frame in assembler.received(8, 0, 4_000, b"\x41delta", 0.0)] == [1_000]


def test_a_source_that_starts_anew_is_followed() -> None:
    assembler = FrameAssembler(Codec.VP8)
    feed(assembler, stream(3, first=30_000))
    again = stream(3, first=10_000)
    assert numbers(feed(assembler, [*again, *stream(3, first=10_009)])) == [0, 1, 2]


@pytest.mark.parametrize("codec", [Codec.VP8, Codec.VP9, Codec.AV1, Codec.H264])
def test_a_broken_keyframe_is_requested_again(codec: Codec) -> None:
    broken = {
        Codec.VP8: b"\x10",
        Codec.VP9: b"\x8a\x01\xf0",
        Codec.AV1: b"\x18\x0a",
        Codec.H264: b"\x7c\x85",
    }[codec]
    assembler = FrameAssembler(codec)
    assert assembler.received(1, MARKER, 0, broken, 0.0) == []
    assert assembler.needs_keyframe
