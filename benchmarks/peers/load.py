"""Calls of synthetic legs under load: voice and video at fixed rates, every packet stamped with its time.

Owns: the pacing of the sources, the stamps, and the tally of what was sent, what came and how late. Must never
send faster than told: a burst would measure queues, not the relay. Times are ns on the system's monotonic clock,
which processes of one machine share.
"""

from __future__ import annotations

import asyncio
import random
import struct
import time
from array import array
from dataclasses import dataclass, field

from benchmarks.peers import sdp
from benchmarks.peers.streams import SlotStream
from benchmarks.peers.synthetic import SyntheticLeg
from media.core import red

STAMP = struct.Struct("!Q")
# VP8 payload descriptor (RFC 7741 section 4.2): S = 1 on the first packet of a frame; the payload's own first
# bit is 0 for a keyframe.
FRAME_START, FRAME_REST = b"\x10", b"\x00"
KEYFRAME, DELTA_FRAME = b"\x00", b"\x01"
STAMP_OFFSET_VIDEO = 2
# Sources look whether a packet is due this often; browsers' pacers tick each 5 ms too.
TICK_S = 0.005
# What browsers do now and then on a clean link: a NACK for one packet, a keyframe request.
NACK_INTERVAL_S = 1.0
PLI_INTERVAL_S = 5.0


@dataclass(frozen=True)
class Rates:
    """What each leg sends. A frame is `frame_packets` packets."""

    voice_interval_s: float
    voice_bytes: int
    video_interval_s: float
    video_bytes: int
    frame_packets: int


@dataclass
class Tally:
    """Packets stamped inside the window, and their delays in ns by kind."""

    begin_ns: int = 0
    end_ns: int = 0
    sent: int = 0
    received: int = 0
    delays_ns: dict[str, array[int]] = field(
        default_factory=lambda: {"audio": array("q"), "video": array("q")}
    )
    seen: set[tuple[int, int]] = field(default_factory=set)

    def inside(self, stamp_ns: int) -> bool:
        """Whether a stamp lies in the window."""
        return self.begin_ns <= stamp_ns < self.end_ns


class Participant:
    """One leg with its sources."""

    def __init__(self, leg: SyntheticLeg, rates: Rates, tally: Tally, rng: random.Random) -> None:
        self.leg = leg
        self._rates = rates
        self._tally = tally
        leg.on_packet = self._arrived
        leg.on_keyframe_wanted = self._keyframe_wanted
        self._voice_filling = bytes(rates.voice_bytes - STAMP.size)
        self._video_filling = bytes(rates.video_bytes - STAMP.size - STAMP_OFFSET_VIDEO)
        self._wants_keyframe = True
        self._frame_key = False
        self._frame_position = 0
        now_s = time.monotonic()
        # Spread over their intervals, or all voices would speak in one tick.
        self._next_voice_s = now_s + rng.random() * rates.voice_interval_s
        self._next_video_s = now_s + rng.random() * rates.video_interval_s
        self._next_nack_s = now_s + rng.random() * NACK_INTERVAL_S
        self._next_pli_s = now_s + rng.random() * PLI_INTERVAL_S

    def step(self, now_s: float) -> None:
        """Send what is due."""
        rates = self._rates
        while self._next_voice_s <= now_s:
            self._next_voice_s += rates.voice_interval_s
            self.leg.send_audio(self._stamp() + self._voice_filling, seconds=rates.voice_interval_s)
        while self._next_video_s <= now_s:
            self._next_video_s += rates.video_interval_s
            self._send_video()
        if now_s >= self._next_nack_s:
            self._next_nack_s = now_s + NACK_INTERVAL_S
            video = self.leg.slots[0][1]
            if video.stats.packets:
                self.leg.ask_again(0, [video.highest])
        if now_s >= self._next_pli_s:
            self._next_pli_s = now_s + PLI_INTERVAL_S
            self.leg.ask_keyframe(0)

    def _send_video(self) -> None:
        rates = self._rates
        if self._frame_position == 0:
            self._frame_key = self._wants_keyframe
            self._wants_keyframe = False
        start = FRAME_START if self._frame_position == 0 else FRAME_REST
        kind = KEYFRAME if self._frame_key else DELTA_FRAME
        self._frame_position = (self._frame_position + 1) % rates.frame_packets
        self.leg.send_video(
            start + kind + self._stamp() + self._video_filling,
            last=self._frame_position == 0,
            seconds=rates.video_interval_s * rates.frame_packets,
        )

    def _stamp(self) -> bytes:
        now_ns = time.monotonic_ns()
        if self._tally.inside(now_ns):
            self._tally.sent += 1
        return STAMP.pack(now_ns)

    def _keyframe_wanted(self) -> None:
        self._wants_keyframe = True

    def _arrived(
        self, stream: SlotStream, second: int, _number: int, _timestamp: int, payload: bytes, resent: bool
    ) -> None:
        if second & 0x7F == sdp.RED:
            payload = red.parse(payload)[-1].data  # the newest block, the only one not seen before
        (stamp_ns,) = STAMP.unpack_from(payload, 0 if stream.kind == "audio" else STAMP_OFFSET_VIDEO)
        tally = self._tally
        if not tally.inside(stamp_ns):
            return
        # The NACKs above are for packets that did arrive, so a resend is news only where one was lost.
        key = (stream.ssrc, stamp_ns)
        if key in tally.seen:
            return
        tally.seen.add(key)
        tally.received += 1
        if not resent:
            tally.delays_ns[stream.kind].append(time.monotonic_ns() - stamp_ns)


async def drive(participants: list[Participant], stop: asyncio.Event) -> None:
    """Let everybody talk until `stop`."""
    while not stop.is_set():
        now_s = time.monotonic()
        for participant in participants:
            participant.step(now_s)
        await asyncio.sleep(max(0.0, TICK_S - (time.monotonic() - now_s)))
