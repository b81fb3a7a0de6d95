"""The temporal layer of a video packet, and the layers that one receiver gets.

Owns: reading the layer from the payload (VP8: RFC 7741 section 4.2; VP9: RFC 9628 section 4.2; AV1: the OBU
extension header, AV1 specification section 5.3.3), so that no header extension is needed; and the decision, frame
by frame, which packets pass. Must never raise on any payload: an unreadable payload counts as the base layer. The
caller renumbers the packets around those left out. Picture ids keep their gaps, which show a receiver that frames
were left out.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from media.core.rtp import Codec, is_keyframe
from media.core.share.layermode import ALL_LAYERS

# For this many frames late packets are recognised: two seconds at 15 a second, longer than a retransmission takes.
REMEMBERED_FRAMES = 32


class Layer(NamedTuple):
    """The layer of a packet. ``number`` -1: the packet continues an OBU whose header was in an earlier packet.

    ``sync``: the frame refers to no other frame of its own layer; ``frees``: no later frame of a higher layer
    refers to a frame before this one.
    """

    number: int
    sync: bool
    frees: bool


BASE = Layer(0, sync=False, frees=False)


def layer_of(codec: Codec, data: bytes, start: int, end: int) -> Layer:
    """The layer of the payload ``data[start:end]``."""
    end = min(end, len(data))
    if not 0 <= start < end:
        return BASE
    if codec == Codec.VP8:
        return _vp8(data, start, end)
    if codec == Codec.VP9:
        return _vp9(data, start, end)
    if codec == Codec.AV1:
        return _av1(data, start, end)
    return BASE


def _vp8(data: bytes, start: int, end: int) -> Layer:
    frees = is_keyframe(Codec.VP8, data, start, end)
    at = start + 1
    if not data[start] & 0x80 or at >= end:
        return Layer(0, sync=False, frees=frees)
    extension = data[at]
    at += 1
    if extension & 0x80:
        at += 2 if at < end and data[at] & 0x80 else 1
    if extension & 0x40:
        at += 1
    if not extension & 0x20 or at >= end:
        return Layer(0, sync=False, frees=frees)
    return Layer(data[at] >> 6, sync=bool(data[at] & 0x20), frees=frees)


def _vp9(data: bytes, start: int, end: int) -> Layer:
    first = data[start]
    at = start + 1
    if first & 0x80:
        at += 2 if at < end and data[at] & 0x80 else 1
    if not first & 0x20 or at >= end:
        return Layer(0, sync=False, frees=is_keyframe(Codec.VP9, data, start, end))
    # T (three bits), U: later pictures of higher layers do not refer to such pictures before this one.
    return Layer(data[at] >> 5, sync=False, frees=bool(data[at] & 0x10))


def _av1(data: bytes, start: int, end: int) -> Layer:
    aggregation = data[start]
    at = start + 1
    if aggregation & 0x80:
        return Layer(-1, sync=False, frees=False)
    if aggregation >> 4 & 0x03 != 1:
        # The length of the first element (leb128) precedes it, unless it is the only element.
        while at < end and data[at] & 0x80:
            at += 1
        at += 1
    # A sequence header comes first and belongs to no layer, nor does its keyframe.
    number = data[at + 1] >> 5 if at + 1 < end and data[at] & 0x04 else 0
    # In the modes of AV1 specification section 6.7.5 no frame refers past a frame of the base layer.
    return Layer(number, sync=False, frees=number == 0)


class LayerFilter:
    """The layers of one source that one receiver gets: fewer from the next frame on, more once they decode."""

    def __init__(self) -> None:
        self.target = ALL_LAYERS
        self.seen = False
        """Whether the source really sends layers; not every browser can."""
        self._current = ALL_LAYERS
        self._frames: OrderedDict[int, bool] = OrderedDict()

    @property
    def complete(self) -> bool:
        """Whether all layers pass, and are meant to."""
        return self.target == self._current == ALL_LAYERS

    def passes(self, layer: Layer, timestamp: int) -> bool:
        """Whether to send the packet of this layer and RTP timestamp. A frame is sent whole or not at all."""
        known = self._frames.get(timestamp)
        if known is not None:
            return known
        passes = self._begin(layer)
        self._frames[timestamp] = passes
        if len(self._frames) > REMEMBERED_FRAMES:
            self._frames.popitem(last=False)
        return passes

    def _begin(self, layer: Layer) -> bool:
        self._current = min(self._current, self.target)
        number = max(0, layer.number)
        self.seen = self.seen or number > 0
        if number == self._current + 1 <= self.target and layer.sync:
            self._current = number
        passes = number <= self._current
        if passes and layer.frees:
            self._current = self.target
        return passes
