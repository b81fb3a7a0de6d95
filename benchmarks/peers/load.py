"""The load of synthetic legs: voice and video at fixed rates, every packet stamped with its time.

Owns: the pacing of the sources, the stamps, the losses of the links, and the tally of sent and received packets and
their delays. Must never send faster than the given rates: a burst would measure queues, not the relay. Times are ns
on the system's monotonic clock, which processes of one machine share.
"""

from __future__ import annotations

import asyncio
import random
import struct
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.peers import sdp
from benchmarks.peers.streams import SlotStream
from benchmarks.peers.synthetic import SyntheticLeg
from media.core import rtp
from media.core.rtp import red

STAMP = struct.Struct("!Q")
# VP8 payload descriptor (RFC 7741 section 4.2): S = 1 on the first packet of a frame; the first bit of the payload
# itself is 0 for a keyframe.
FRAME_START, FRAME_REST = b"\x10", b"\x00"
KEYFRAME, DELTA_FRAME = b"\x00", b"\x01"
STAMP_OFFSET_VIDEO = 2
# RFC 4588 section 4: the original sequence number precedes a resent payload.
RTX_NUMBER_BYTES = 2
# Sources check for due packets this often; browsers' pacers also tick every 5 ms.
TICK_S = 0.005
# The feedback that browsers send now and then on a clean link: a NACK for one packet, a keyframe request.
NACK_INTERVAL_S = 1.0
PLI_INTERVAL_S = 5.0


@dataclass(frozen=True)
class Rates:
    """What each leg sends. A frame is `frame_packets` packets.

    ``loss`` is the share of packets that each leg's link loses in each direction. With ``red``, the voice carries
    redundancy (RFC 2198), as pages send it on links that lose packets.
    """

    voice_interval_s: float
    voice_bytes: int
    video_interval_s: float
    video_bytes: int
    frame_packets: int
    loss: float = 0.0
    red: bool = False


@dataclass
class Tally:
    """Packets stamped inside the window, and their delays in ns by kind.

    ``taken`` are stamps of packets that an emulated link lost: the relay need not repair them in time, and the
    delay of their repair does not count.
    """

    begin_ns: int = 0
    end_ns: int = 0
    sent: int = 0
    delays_ns: dict[str, array[int]] = field(
        default_factory=lambda: {"audio": array("q"), "video": array("q")}
    )
    seen: set[int] = field(default_factory=set)
    sent_voice: set[int] = field(default_factory=set)
    taken: set[int] = field(default_factory=set)

    def inside(self, stamp_ns: int) -> bool:
        """Whether a stamp lies in the window."""
        return self.begin_ns <= stamp_ns < self.end_ns

    @property
    def lost_voice(self) -> int:
        """The voice packets among them."""
        return len(self.sent_voice - self.seen - self.taken)

    @property
    def lost(self) -> int:
        """Packets that the relay lost: they did not arrive, and no emulated link lost them."""
        return self.sent - len(self.seen | self.taken)


class Participant:
    """One leg with its sources."""

    def __init__(self, leg: SyntheticLeg, rates: Rates, tally: Tally, rng: random.Random) -> None:
        self.leg = leg
        self._rates = rates
        self._tally = tally
        self._rng = rng
        self._red = red.RedSender(1, rates.voice_bytes)
        if rates.loss:
            leg.lose_outgoing = leg.lose_incoming = self._loses
        leg.on_packet = self._arrived
        leg.on_keyframe_wanted = self._keyframe_wanted
        self._voice_filling = bytes(rates.voice_bytes - STAMP.size)
        self._video_filling = bytes(rates.video_bytes - STAMP.size - STAMP_OFFSET_VIDEO)
        self._wants_keyframe = True
        self._frame_key = False
        self._frame_position = 0
        now_s = time.monotonic()
        # A random start spreads the voices over their interval; otherwise all would send in one tick.
        self._next_voice_s = now_s + rng.random() * rates.voice_interval_s
        self._next_video_s = now_s + rng.random() * rates.video_interval_s
        self._next_nack_s = now_s + rng.random() * NACK_INTERVAL_S
        self._next_pli_s = now_s + rng.random() * PLI_INTERVAL_S

    def step(self, now_s: float) -> None:
        """Send what is due."""
        rates = self._rates
        while self._next_voice_s <= now_s:
            self._next_voice_s += rates.voice_interval_s
            self._send_voice()
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

    def _send_voice(self) -> None:
        stamp = self._stamp()
        if self._tally.inside(stamp_ns := STAMP.unpack(stamp)[0]):
            self._tally.sent_voice.add(stamp_ns)
        payload = stamp + self._voice_filling
        payload_type = None
        if self._rates.red:
            payload_type = sdp.RED
            payload = self._red.encapsulate(sdp.OPUS, self.leg.audio.timestamp, payload)
        self.leg.send_audio(payload, seconds=self._rates.voice_interval_s, payload_type=payload_type)

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

    def _loses(self, packet: bytes) -> bool:
        """Whether the link loses this plain packet; if so, its stamp is noted."""
        if self._rng.random() >= self._rates.loss:
            return False
        second, _, _, _, header_len = rtp.parse(packet)
        payload_type = second & 0x7F
        if payload_type == sdp.VP8_RTX:
            header_len += RTX_NUMBER_BYTES
        kind = "audio" if payload_type in (sdp.OPUS, sdp.RED) else "video"
        stamp_ns = _stamp_of(kind, payload_type, packet[header_len:])
        if stamp_ns is not None and self._tally.inside(stamp_ns):
            self._tally.taken.add(stamp_ns)
        return True

    def _arrived(
        self, stream: SlotStream, second: int, _number: int, _timestamp: int, payload: bytes, resent: bool
    ) -> None:
        stamp_ns = _stamp_of(stream.kind, second & 0x7F, payload)
        tally = self._tally
        # A NACK may ask for a packet that did arrive, so a resent packet counts only if the first was lost.
        if stamp_ns is None or not tally.inside(stamp_ns) or stamp_ns in tally.seen:
            return
        tally.seen.add(stamp_ns)
        if not resent and stamp_ns not in tally.taken:
            tally.delays_ns[stream.kind].append(time.monotonic_ns() - stamp_ns)


def _stamp_of(kind: str, payload_type: int, payload: bytes) -> int | None:
    """The stamp in a payload, unique to its packet; None for a padding probe, which has no stamp."""
    if payload_type == sdp.RED:
        payload = red.parse(payload)[-1].data  # the newest block; the others are redundancy
    at = 0 if kind == "audio" else STAMP_OFFSET_VIDEO
    if len(payload) < at + STAMP.size:
        return None
    stamp_ns: int = STAMP.unpack_from(payload, at)[0]
    return stamp_ns


class Source(Protocol):
    """Whoever sends at a pace."""

    def step(self, now_s: float) -> None:
        """Send what is due."""


async def drive(participants: Sequence[Source], stop: asyncio.Event) -> None:
    """Make all participants send until `stop`."""
    while not stop.is_set():
        now_s = time.monotonic()
        for participant in participants:
            participant.step(now_s)
        await asyncio.sleep(max(0.0, TICK_S - (time.monotonic() - now_s)))
