"""Sending and receiving stills over one leg: bytes under a budget, resumable from any offset.

Owns: the sender's order and window, the receiver's memory and checks. Must never decide how fast (the caller
sets the pace) nor touch a channel: frames go in and come out. All times are ms on one clock, rates bit/s on
the wire.

Voice does not wait behind a picture. Chunks leave one at a time, each when the time for the one before has
passed; and never more than a window of unacknowledged bytes is under way, so no queue grows on a link that
stalls. SCTP repeats what is lost, so a chunk is never sent twice on one leg.
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
# A chunk delays voice for as long as it takes on the wire: an eighth of a second, two voice packets.
CHUNK_MS = 125.0
# In a smaller chunk headers would be half of it.
CHUNK_SENSIBLE_BYTES = 200
# How much may be sent and not yet acknowledged: two round trips of a 2G link at the pace. Never less than
# three small chunks, or the acknowledgements would set the pace.
WINDOW_MS = 2_600.0
WINDOW_MIN_BYTES = 1_600
WINDOW_MAX_BYTES = 48_000
# Callers call this often; at a rate of more than a chunk in this time several leave at once.
TICK_MS = 25.0
FINISHED_KEPT = 16
# An acknowledgement costs 100 bytes of the other direction, where voice flows too: at most one for so many
# bytes.
ACK_EVERY_BYTES = 1_200


def chunk_bytes_at(link_bps: float) -> int:
    """How much of a still one chunk shall hold on a link of this rate."""
    room_bytes = link_bps * CHUNK_MS / 8000 - CHUNK_OVERHEAD_BYTES
    return int(min(max(room_bytes, CHUNK_SENSIBLE_BYTES), CHUNK_MAX_BYTES))


@dataclass(eq=False, slots=True)
class Still:
    """A still and its bytes so far; ``data`` grows while the still is received."""

    offer: Offer
    data: bytearray = field(default_factory=bytearray)
    whole: bool = False
    """All bytes are here and their crc32 is right."""

    @property
    def is_periodic(self) -> bool:
        """Whether a newer still of its kind replaces it."""
        return self.offer.kind is StillKind.PERIODIC


@dataclass(eq=False, slots=True)
class _Outgoing:
    """``sent``, ``had``: offsets. ``had`` is None before the receiver has said where to begin."""

    still: Still
    offer: Offer
    sent: int = 0
    had: int | None = None


class StillSender:
    """The stills that wait for one leg, and the pace at which they leave."""

    def __init__(self) -> None:
        self._going: dict[int, _Outgoing] = {}
        self._rate_bps = 0.0
        self._chunk_bytes = CHUNK_MIN_BYTES
        self._credit_bytes = 0.0
        self._paid_ms: float | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._going

    def set_pace(self, rate_bps: float, chunk_bytes: int, now_ms: float) -> None:
        """From now on send at this rate (0: not at all), in chunks of this size."""
        self._pay(now_ms)
        self._rate_bps = rate_bps
        self._chunk_bytes = min(max(chunk_bytes, CHUNK_MIN_BYTES), CHUNK_MAX_BYTES)

    def offer(self, still: Still, still_id: int, slot: int) -> list[Frame]:
        """Begin a still, or begin it again on a new leg; returns the frames for the receiver.

        A periodic still replaces an older one of its slot that has not begun to leave: the frames include its
        `Cancel`. A still that is half sent goes on, or on a thin link none would ever be whole.
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
        """The receiver has everything before this offset. Raises StillError when that is more than was sent."""
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
        """The receiver has the whole still, or wants no more of it; returns the still if it was under way."""
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
        """The chunks that may leave now."""
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
        """The next still to send from: one that a person asked for, then the one that was offered first."""
        ready = [going for going in self._going.values() if self._is_ready(going)]
        return min(ready, key=lambda going: going.still.is_periodic, default=None)

    def _is_ready(self, going: _Outgoing) -> bool:
        if going.had is None:
            return False
        there = len(going.still.data) - going.sent
        rest = going.offer.size_bytes - going.sent
        # While a still is being received it is passed on in full chunks only: each costs 100 bytes of
        # headers.
        if there <= 0 or there < min(self._chunk_bytes, rest):
            return False
        window = self._rate_bps * WINDOW_MS / 8000
        return going.sent - going.had < min(max(window, WINDOW_MIN_BYTES), WINDOW_MAX_BYTES)

    def _pay(self, now_ms: float) -> None:
        if self._paid_ms is not None and now_ms > self._paid_ms:
            earned = (now_ms - self._paid_ms) * self._rate_bps / 8000
            # Unused credit is lost: at most one byte is kept, so at low rates two chunks never leave at once.
            most = max(1.0, self._rate_bps * TICK_MS / 8000)
            self._credit_bytes = min(self._credit_bytes + earned, most)
        self._paid_ms = now_ms


class StillReceiver:
    """The stills that come in from one sender. ``keep_max``: how many at once."""

    def __init__(self, keep_max: int = GOING_MAX) -> None:
        self._keep_max = keep_max
        self.coming: dict[int, Still] = {}
        self._acked: dict[int, int] = {}
        self._retried: set[int] = set()
        # Our "done" may have been lost with its leg; then the sender offers again a still that is already
        # here.
        self._finished: deque[Offer] = deque(maxlen=FINISHED_KEPT)

    def offered(self, offer: Offer) -> list[Frame]:
        """A still is offered, for the first time or again on a new leg; returns the answer."""
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
        """Bytes have arrived; returns the answer. Raises StillError when there is a gap before them."""
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
        """Stop receiving a still; returns it if it was coming."""
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
