"""The stills of a page in virtual time: the periodic ones that it sends, and those that it receives.

Owns: the stills in transfer in both directions of the data channel. Must never look at the relay.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from typing import Any

from media.core.parameters import StillsSend
from media.core.stills import (
    Cancel,
    Chunk,
    Done,
    Grant,
    Have,
    Offer,
    Still,
    StillKind,
    StillMime,
    StillReceiver,
    StillSender,
    build,
    parse,
)
from tests.sim.agenda import Agenda


class PageStills:
    """Give it `send_message`, for the data channel's uplink, and call `arrived` for each message received."""

    def __init__(self, agenda: Agenda, rng: random.Random) -> None:
        self._agenda, self._rng = agenda, rng
        self.send_message: Callable[[bytes], None] = lambda _: None
        self._wanted = StillsSend()
        self._up, self._down = StillSender(), StillReceiver()
        self._number = self._run = 0
        self.seen = 0

    def wanted(self, stills: StillsSend) -> None:
        """Send a still of this shape at its interval from now on, or none."""
        self._run += 1
        self._wanted = stills
        if stills.every_s:
            self._take(self._run)

    def _take(self, run: int) -> None:
        stills = self._wanted
        if run != self._run or not stills.every_s:
            return
        data = bytearray(self._rng.randbytes(stills.max_bytes))
        self._number += 1
        offer = Offer(
            self._number,
            len(data),
            zlib.crc32(data),
            stills.width,
            stills.width * 3 // 4,
            StillKind.PERIODIC,
            StillMime.JPEG,
        )
        for frame in self._up.offer(Still(offer, data, whole=True), self._number, offer.slot):
            self.send_message(build(frame))
        self._agenda.after(1000 * stills.every_s, lambda: self._take(run))

    def send(self) -> None:
        """Send the chunks that the granted rate allows now."""
        for chunk in self._up.take(self._agenda.now_ms):
            self.send_message(build(chunk))

    def arrived(self, data: bytes) -> None:
        """One message of the data channel."""
        answers: list[Any] = []
        match frame := parse(data):
            case Offer():
                answers = self._down.offered(frame)
            case Chunk():
                answers = self._down.arrived(frame)
                self.seen += any(isinstance(answer, Done) for answer in answers)
            case Have():
                self._up.have(frame)
            case Grant():
                self._up.set_pace(frame.rate_bps, frame.chunk_bytes, self._agenda.now_ms)
            case Done() | Cancel():
                self._up.remove(frame.still_id)
                self._down.remove(frame.still_id)
            case _:
                pass
        for answer in answers:
            self.send_message(build(answer))
