"""Sends and receives stills over one leg: at a given rate, resumable from any offset.

Owns: the sender's order and window, the receiver's memory and checks. Must never choose the rate (the caller does)
nor touch a channel: frames are arguments and results. Times are ms on one clock, rates bit/s on the wire.

Voice does not wait behind a picture. Chunks are sent one at a time, each when the time for the previous one has
passed. At most one window of bytes is unacknowledged, so no queue grows on a link that stalls. SCTP retransmits
lost packets, so a chunk is never sent twice on one leg.
"""

from __future__ import annotations

import zlib
from collections import deque
from dataclasses import dataclass, field

from media.core.stills.stillframes import (
    CHUNK_MAX_BYTES,
    CHUNK_MIN_BYTES,
    GOING_MAX,
    Cancel,
    Chunk,
    Done,
    Frame,
    Have,
    Offer,
    StillError,
    StillKind,
)

# IPv4 20, UDP 8, DTLS 1.2 record with AES-GCM 37, SCTP 12 and DATA chunk 16, frame 9.
CHUNK_OVERHEAD_BYTES = 102
# A chunk delays voice by its time on the wire: an eighth of a second, two voice packets.
CHUNK_MS = 125.0
# In a smaller chunk more than a third of the bytes would be headers.
CHUNK_SENSIBLE_BYTES = 200
# Some networks drop large packets without a word, and SCTP repeats a chunk that it has cut once for ever. This one
# has 722 bytes on the wire; the headers cost 6 % more than those of a chunk of 1,000 bytes. Larger chunks after a
# large packet has passed would be no help: early in a call none has, and a path that changes in mid-call would keep
# the chunks that were cut before for ever.
CHUNK_PASSES_BYTES = 620
# How much may be sent and not yet acknowledged: two round trips of a 2G link at the rate. Never less than a few
# small chunks; otherwise the acknowledgements would limit the rate.
WINDOW_MS = 2_600.0
WINDOW_MIN_BYTES = 1_600
WINDOW_MAX_BYTES = 48_000
# Callers call `take` this often. At rates of more than a chunk in this time, several chunks are sent at once.
TICK_MS = 25.0
FINISHED_KEPT = 16
# An acknowledgement costs 100 bytes in the other direction, where voice flows too: send at most one per this many
# bytes.
ACK_EVERY_BYTES = 1_200


def chunk_bytes_at(link_bps: float) -> int:
    """How many bytes of a still one chunk holds on a link of this rate."""
    room_bytes = link_bps * CHUNK_MS / 8000 - CHUNK_OVERHEAD_BYTES
    return int(min(max(room_bytes, CHUNK_SENSIBLE_BYTES), CHUNK_PASSES_BYTES))


@dataclass(eq=False, slots=True)
class Still:
    """A still and its bytes so far; ``data`` grows while the still is received."""

    offer: Offer
    data: bytearray = field(default_factory=bytearray)
    whole: bool = False
    """Whether all bytes have arrived and their crc32 is right."""

    @property
    def is_periodic(self) -> bool:
        """Whether a newer periodic still replaces this one."""
        return self.offer.kind is StillKind.PERIODIC


@dataclass(eq=False, slots=True)
class _Outgoing:
    """A still on its way. ``sent``: bytes sent; ``had``: bytes acknowledged, None before the first `Have`."""

    still: Still
    offer: Offer
    sent: int = 0
    had: int | None = None


class StillSender:
    """The stills to send on one leg, and the pace of sending."""

    def __init__(self) -> None:
        self._going: dict[int, _Outgoing] = {}
        self._rate_bps = 0.0
        self._chunk_bytes = CHUNK_MIN_BYTES
        self._credit_bytes = 0.0
        self._paid_ms: float | None = None

    @property
    def is_idle(self) -> bool:
        """Whether there is no still to send."""
        return not self._going

    def set_pace(self, rate_bps: float, chunk_bytes: int, now_ms: float) -> None:
        """Send at this rate (0: not at all) and in chunks of this size from now on."""
        self._pay(now_ms)
        self._rate_bps = rate_bps
        self._chunk_bytes = min(max(chunk_bytes, CHUNK_MIN_BYTES), CHUNK_MAX_BYTES)

    def offer(self, still: Still, still_id: int, slot: int) -> list[Frame]:
        """Begin a still, or continue it on a new leg; returns the frames for the receiver.

        A periodic still replaces an older one of its slot of which no byte has been sent; the frames then include a
        `Cancel`. A still that is partly sent continues; otherwise on a thin link none would ever become whole.
        """
        frames: list[Frame] = []
        if still.is_periodic:
            for older_id, older in list(self._going.items()):
                if older.still.is_periodic and older.offer.slot == slot and not older.sent:
                    del self._going[older_id]
                    frames.append(Cancel(older_id))
        was = still.offer
        offer = Offer(still_id, was.size_bytes, was.crc32, was.width, was.height, was.kind, was.mime, slot)
        self._going[still_id] = _Outgoing(still, offer)
        return [*frames, offer]

    def have(self, frame: Have) -> None:
        """The receiver has everything before this offset. Raises StillError if that is more than was sent."""
        going = self._going.get(frame.still_id)
        if going is None:
            return
        if frame.offset > going.offer.size_bytes:
            raise StillError("more than there is")
        if going.had is None or frame.offset < going.had:
            going.sent = frame.offset  # the start, or a restart
        elif frame.offset > going.sent:
            raise StillError("more than was sent")
        going.had = frame.offset

    def remove(self, still_id: int) -> Still | None:
        """The receiver has the whole still, or cancels it. Returns the still if it was being sent."""
        going = self._going.pop(still_id, None)
        return going.still if going is not None else None

    def cancel(self, still: Still) -> list[Frame]:
        """Stop sending a still; returns the frames for the receiver."""
        for still_id, going in list(self._going.items()):
            if going.still is still:
                del self._going[still_id]
                return [Cancel(still_id)]
        return []

    def take(self, now_ms: float) -> list[Chunk]:
        """The chunks to send now."""
        self._pay(now_ms)
        chunks: list[Chunk] = []
        while self._credit_bytes > 0 and (going := self._next()) is not None:
            start = going.sent
            data = bytes(going.still.data[start : start + self._chunk_bytes])
            going.sent += len(data)
            self._credit_bytes -= len(data) + CHUNK_OVERHEAD_BYTES
            chunks.append(Chunk(going.offer.still_id, start, data))
        return chunks

    def _next(self) -> _Outgoing | None:
        """The still of the next chunk: a requested one first, then in the order of the offers."""
        ready = [going for going in self._going.values() if self._is_ready(going)]
        return min(ready, key=lambda going: going.still.is_periodic, default=None)

    def _is_ready(self, going: _Outgoing) -> bool:
        if going.had is None:
            return False
        there = len(going.still.data) - going.sent
        rest = going.offer.size_bytes - going.sent
        # A still that is still arriving is passed on only in full chunks, because each costs 100 bytes of headers.
        if there <= 0 or there < min(self._chunk_bytes, rest):
            return False
        window = self._rate_bps * WINDOW_MS / 8000
        return going.sent - going.had < min(max(window, WINDOW_MIN_BYTES), WINDOW_MAX_BYTES)

    def _pay(self, now_ms: float) -> None:
        if self._paid_ms is not None and now_ms > self._paid_ms:
            earned = (now_ms - self._paid_ms) * self._rate_bps / 8000
            # Unused credit is lost. At low rates at most one byte is kept, so that two chunks are never sent at
            # once.
            most = max(1.0, self._rate_bps * TICK_MS / 8000)
            self._credit_bytes = min(self._credit_bytes + earned, most)
        self._paid_ms = now_ms


class StillReceiver:
    """The stills that arrive from one sender; ``keep_max``: how many at once."""

    def __init__(self, keep_max: int = GOING_MAX) -> None:
        self._keep_max = keep_max
        self.coming: dict[int, Still] = {}
        self._acked: dict[int, int] = {}
        self._retried: set[int] = set()
        # A `Done` of ours may be lost with its leg. Then the sender offers a still again that has already arrived.
        self._finished: deque[Offer] = deque(maxlen=FINISHED_KEPT)

    def offered(self, offer: Offer) -> list[Frame]:
        """A still is offered, for the first time or again on a new leg. Returns the answer."""
        if offer in self._finished:
            return [Done(offer.still_id)]
        known = self.coming.get(offer.still_id)
        if known is not None and known.offer != offer:
            return [Cancel(offer.still_id)]
        if known is None:
            if len(self.coming) >= self._keep_max:
                return [Cancel(offer.still_id)]
            known = self.coming[offer.still_id] = Still(offer)
        self._acked[offer.still_id] = len(known.data)
        return [Have(offer.still_id, len(known.data))]

    def arrived(self, chunk: Chunk) -> list[Frame]:
        """Bytes have arrived. Returns the answer. Raises StillError if there is a gap before them."""
        still = self.coming.get(chunk.still_id)
        if still is None:
            return []  # cancelled while it was on its way
        there = len(still.data)
        if chunk.offset > there:
            raise StillError("gap")
        fresh = chunk.data[there - chunk.offset :]
        if there + len(fresh) > still.offer.size_bytes:
            raise StillError("longer than offered")
        still.data += fresh
        if len(still.data) == still.offer.size_bytes:
            return self._ended(still)
        if len(still.data) - self._acked[chunk.still_id] < ACK_EVERY_BYTES:
            return []
        self._acked[chunk.still_id] = len(still.data)
        return [Have(chunk.still_id, len(still.data))]

    def remove(self, still_id: int) -> Still | None:
        """Stop receiving a still; returns the still if it was arriving."""
        self._acked.pop(still_id, None)
        self._retried.discard(still_id)
        return self.coming.pop(still_id, None)

    def _ended(self, still: Still) -> list[Frame]:
        still_id = still.offer.still_id
        if zlib.crc32(still.data) == still.offer.crc32:
            still.whole = True
            self.remove(still_id)
            self._finished.append(still.offer)
            return [Done(still_id)]
        if still_id in self._retried:
            self.remove(still_id)
            return [Cancel(still_id)]
        self._retried.add(still_id)
        still.data.clear()
        self._acked[still_id] = 0
        return [Have(still_id, 0)]
