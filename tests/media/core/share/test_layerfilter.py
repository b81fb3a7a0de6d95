"""Layers are read as browsers write them; frames pass whole, and only once they can be decoded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core.rtp import Codec
from media.core.share.layerfilter import ALL_LAYERS, BASE, Layer, LayerFilter, layer_of

FRAME_TICKS = 6_000
# The order of W3C webrtc-svc L1T3; VP8's sync bit as libwebrtc sets it.
PATTERN = (
    Layer(0, sync=False, frees=False),
    Layer(2, sync=True, frees=False),
    Layer(1, sync=True, frees=False),
    Layer(2, sync=False, frees=False),
)
FREEING = tuple(Layer(layer.number, sync=False, frees=layer.number == 0) for layer in PATTERN)


def read(codec: Codec, payload: str) -> Layer:
    data = b"\xff" * 3 + bytes.fromhex(payload)
    return layer_of(codec, data, 3, len(data))


@pytest.mark.parametrize(
    ("codec", "payload", "layer"),
    [
        # X, then I L T with a two-byte picture id, TL0PICIDX, TID and Y.
        (Codec.VP8, "90e0 8123 07 a0 31", Layer(2, sync=True, frees=False)),
        (Codec.VP8, "90e0 8123 07 40 31", Layer(1, sync=False, frees=False)),
        (Codec.VP8, "80e0 23 07 80 31", Layer(2, sync=False, frees=False)),
        (Codec.VP8, "9080 8123 31", Layer(0, sync=False, frees=False)),
        # K without T: the TID bits mean nothing.
        (Codec.VP8, "9010 a0 31", Layer(0, sync=False, frees=False)),
        (Codec.VP8, "90e0 8123 07 00 509d012a", Layer(0, sync=False, frees=True)),
        (Codec.VP8, "10 31", Layer(0, sync=False, frees=False)),
        # I P L B E with a two-byte picture id; TID, U, SID, D; TL0PICIDX.
        (Codec.VP9, "ec 8123 50 07 87", Layer(2, sync=False, frees=True)),
        (Codec.VP9, "ec 8123 20 07 87", Layer(1, sync=False, frees=False)),
        (Codec.VP9, "8c 8123 8249", Layer(0, sync=False, frees=True)),
        # Aggregation header W = 1, then an OBU header with extension.
        (Codec.AV1, "10 34 40 55", Layer(2, sync=False, frees=False)),
        (Codec.AV1, "10 34 20 55", Layer(1, sync=False, frees=False)),
        (Codec.AV1, "10 34 00 55", Layer(0, sync=False, frees=True)),
        (Codec.AV1, "20 8301 34 40 55", Layer(2, sync=False, frees=False)),
        (Codec.AV1, "90 34 40 55", Layer(-1, sync=False, frees=False)),
        (Codec.AV1, "18 0a 0b", Layer(0, sync=False, frees=True)),
        (Codec.H264, "65 88", BASE),
        (Codec.OPUS, "58 00", BASE),
    ],
)
def test_the_layer_of_a_packet(codec: Codec, payload: str, layer: Layer) -> None:
    assert read(codec, payload) == layer


@given(st.sampled_from(list(Codec)), st.binary(max_size=40), st.integers(-2, 45), st.integers(-2, 45))
def test_nothing_raises_whatever_the_payload(codec: Codec, data: bytes, start: int, end: int) -> None:
    assert -1 <= layer_of(codec, data, start, end).number <= 7


class Receiver:
    """Frames in the order of L1T3, three packets each."""

    def __init__(self, pattern: tuple[Layer, ...] = PATTERN) -> None:
        self.filter = LayerFilter()
        self.pattern = pattern
        self.frames = 0

    def frame(self) -> tuple[int, bool]:
        """(layer, whether its packets passed); asserts that all pass or none."""
        layer = self.pattern[self.frames % len(self.pattern)]
        timestamp = self.frames * FRAME_TICKS
        self.frames += 1
        passed = {self.filter.passes(layer, timestamp) for _ in range(3)}
        assert len(passed) == 1
        return layer.number, passed.pop()

    def some(self, frames: int) -> list[int]:
        return [number for number, passed in (self.frame() for _ in range(frames)) if passed]


@pytest.mark.parametrize(
    ("target", "passing"), [(2, [0, 2, 1, 2] * 2), (1, [0, 1] * 2), (0, [0, 0])], ids=["all", "half", "base"]
)
def test_a_whole_layer_is_left_out(target: int, passing: list[int]) -> None:
    receiver = Receiver()
    receiver.filter.target = target
    assert receiver.some(8) == passing


def test_a_frame_that_has_begun_passes_whole_with_its_late_packets() -> None:
    chosen = LayerFilter()
    assert chosen.passes(PATTERN[1], 6_000)
    chosen.target = 0
    assert chosen.passes(PATTERN[1], 6_000)
    assert not chosen.passes(PATTERN[1], 12_000)
    chosen.target = 2
    assert not chosen.passes(PATTERN[2], 12_000)


def test_layers_are_added_one_by_one_at_frames_independent_of_omitted_ones() -> None:
    receiver = Receiver()
    receiver.filter.target = 0
    receiver.some(4)
    receiver.filter.target = 2
    # The 2 that follows the base may need a 1 from before; the 1 is in sync, and the 2 after it is not.
    assert receiver.some(4) == [0, 1]
    assert receiver.some(4) == [0, 2, 1, 2]


def test_where_a_base_frame_frees_the_higher_layers_all_pass_from_the_next_base() -> None:
    receiver = Receiver(FREEING)
    receiver.filter.target = 0
    receiver.some(5)  # a base has just gone by
    receiver.filter.target = 2
    assert receiver.some(4) == [0], "frames after an earlier base may need omitted ones"
    assert receiver.some(3) == [2, 1, 2]


def test_a_frame_without_a_mark_of_sync_waits_for_a_keyframe() -> None:
    never = (PATTERN[0], Layer(1, sync=False, frees=False))
    receiver = Receiver(never)
    receiver.filter.target = 0
    receiver.some(4)
    receiver.filter.target = 1
    assert receiver.some(8) == [0, 0, 0, 0]
    receiver.pattern = (Layer(0, sync=False, frees=True), never[1])
    assert receiver.some(2) == [0, 1]


def test_the_filter_notices_whether_a_picture_has_layers() -> None:
    receiver = Receiver()
    assert receiver.some(1) == [0]
    assert not receiver.filter.seen
    receiver.some(1)
    assert receiver.filter.seen
    assert receiver.filter.complete
    receiver.filter.target = ALL_LAYERS - 1
    assert not receiver.filter.complete
