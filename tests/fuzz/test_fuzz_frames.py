"""The readers behind the downscaler against mutated payloads: documented errors only, and bounded memory."""

from __future__ import annotations

import pytest

from benchmarks.peers.video_source import Camera, SourceEncoder
from media.core.rtp import (
    MAX_WAITING_PACKETS,
    Codec,
    DepacketizeError,
    FrameAssembler,
    frame_of,
    starts_frame,
)
from media.core.share import Kind as MessageKind
from media.core.share import MessageError, MessageReader, Open, Picture, Simple, SourceFrame, Target, encode
from tests.fuzz.harness import fuzz
from tests.support.payloads import payloads_of

CODECS = (Codec.VP8, Codec.VP9, Codec.AV1, Codec.H264)


def framed(payloads: list[bytes]) -> bytes:
    """Several payloads as one input: two bytes of length before each."""
    return b"".join(len(payload).to_bytes(2) + payload for payload in payloads)


def unframed(data: bytes) -> list[bytes]:
    payloads: list[bytes] = []
    at = 0
    while at + 2 <= len(data):
        length = int.from_bytes(data[at : at + 2]) & 0x3FF
        payloads.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    return payloads


def seeds_of(codec: Codec) -> list[bytes]:
    camera = Camera(128, 96)
    encoder = SourceEncoder(codec, 128, 96, framerate=15, bitrate_bps=30_000)
    frames = [frame for _ in range(4) for frame in encoder.encode(camera.picture())] + encoder.rest()
    return [framed(payloads_of(codec, frame, index, 200)) for index, frame in enumerate(frames)]


@pytest.mark.parametrize("codec", CODECS)
def test_frames_from_payloads(codec: Codec, fuzz_inputs: int) -> None:
    def read_frame(data: bytes) -> None:
        payloads = unframed(data)
        for payload in payloads:
            starts_frame(codec, payload)
        frame = frame_of(codec, payloads)
        # Only start codes and size fields are added: at most nine bytes for each unit of a byte or more.
        assert 0 < len(frame) <= 2 + 9 * len(data)

    name = f"frame_{codec.name.lower()}"
    accepted = fuzz(read_frame, seeds_of(codec), DepacketizeError, fuzz_inputs, 11, name=name)
    assert accepted > fuzz_inputs // 20


@pytest.mark.parametrize("codec", CODECS)
def test_streams_of_packets(codec: Codec, fuzz_inputs: int) -> None:
    """The payload's own first bytes give sequence number, marker and time of each packet."""
    delivered = 0

    def follow(data: bytes) -> None:
        nonlocal delivered
        assembler = FrameAssembler(codec)
        for index, payload in enumerate(unframed(data)):
            odd = payload[-1] if payload else 0
            jump = (odd - 200) * 997 if odd > 200 else 0
            number = (65_530 + index + jump) & 0xFFFF
            if odd % 17 == 0:
                assembler.skipped(number, index * 10.0)
                continue
            second = 0x80 if odd % 3 else 0
            delivered += len(assembler.received(number, second, index // 3 * 3_000, payload, index * 200.0))
            assert len(assembler._waiting) <= MAX_WAITING_PACKETS

    fuzz(follow, seeds_of(codec), (), fuzz_inputs, 12, name=f"frames_{codec.name.lower()}")
    assert delivered > 0


def test_messages_of_a_worker(fuzz_inputs: int) -> None:
    seeds = [
        encode(Picture(1, 2, True, 160, 120, b"picture")) + encode(Simple(MessageKind.WANT_KEYFRAME, 1)),
        encode(Open(1, Codec.AV1, Target(120, 8.0, 20_000))),
        encode(SourceFrame(1, 2, False, b"frame")),
    ]

    def read_messages(data: bytes) -> None:
        for message in MessageReader().feed(data):
            encode(message)

    accepted = fuzz(read_messages, seeds, MessageError, fuzz_inputs, 13, name="copy_messages")
    assert accepted > fuzz_inputs // 20
