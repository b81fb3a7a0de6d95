"""A page's downlink in virtual time, and the browser's answers: NACK, PLI, feedback, reports.

Owns: the streams that the relay sends, the voice packets heard and the pictures seen. Must never look at the relay.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from media.core import rtp
from media.core.estimate import TwccReceiver
from media.core.repair import NackGenerator, ReceptionStats, RemoteClock
from media.core.rtp import red, rtcp, rtx
from media.engine.transport.datagrams import WIRE_OVERHEAD_BYTES
from media.engine.transport.offer import MediaLine
from media.engine.transport.offer import Offer as SdpOffer
from tests.sim.agenda import Agenda


class _Incoming:
    """One stream that the relay sends."""

    def __init__(self, line: MediaLine) -> None:
        self.is_video = line.kind == "video"
        self.stats = ReceptionStats(90_000 if self.is_video else 48_000)
        self.clock = RemoteClock()
        self.nack = NackGenerator()
        self.wants_nack = self.is_video or any(entry.nack for entry in line.formats)
        self.abandoned = 0


class PageDownlink:
    """``heard``: the arrival of each voice packet (ms); ``seen``: that of each video packet (ms), and its bytes."""

    def __init__(self, agenda: Agenda, offer: SdpOffer, vp8_type: int, red_type: int) -> None:
        self._agenda, self._offer, self._vp8_type, self._red_format = agenda, offer, vp8_type, red_type
        self._receiver = TwccReceiver()
        self._incoming: dict[int, _Incoming] = {}
        self._rtx_to_media: dict[int, int] = {}
        self.heard: dict[int, float] = {}
        self.seen: list[tuple[float, int]] = []

    def arrived(self, data: bytes) -> None:
        """One RTP packet."""
        now_ms = self._agenda.now_ms
        second, number, timestamp, ssrc, header_len = rtp.parse(data)
        self._receiver.received(
            rtp.extension_u16(data, self._offer.twcc_id), int(now_ms * 1000), len(data) + WIRE_OVERHEAD_BYTES
        )
        line = self._line(second & 0x7F)
        if line is None:  # a retransmission, or padding
            media_ssrc = self._rtx_to_media.get(ssrc)
            original = None
            if media_ssrc is not None:
                original = rtx.unwrap(data, header_len, ssrc=media_ssrc, payload_type=self._vp8_type)
            if original is not None and self._incoming[media_ssrc].nack.received(
                rtp.parse(original)[1], now_ms
            ):
                self.seen.append((now_ms, len(original)))
            return
        stream = self._incoming.get(ssrc)
        if stream is None:
            stream = self._incoming[ssrc] = _Incoming(line)
        stream.stats.received(number, timestamp, now_ms, len(data))
        if not stream.nack.received(number, now_ms):
            return
        if line.kind == "audio":
            self._voice_arrived(second & 0x7F, data[header_len : rtp.payload_end(data, header_len)])
        else:
            self.seen.append((now_ms, len(data)))

    def _line(self, payload_type: int) -> MediaLine | None:
        slot = self._offer.slots[0]
        for line in (slot.audio, slot.video):
            if any(entry.payload_type == payload_type for entry in line.formats):
                return line
        return None

    def _voice_arrived(self, payload_type: int, payload: bytes) -> None:
        opuses = [payload]
        if payload_type == self._red_format:
            opuses = [block.data for block in red.parse(payload)]
        for opus in opuses:
            if len(opus) >= 9:
                self.heard.setdefault(struct.unpack_from(">I", opus, 1)[0], self._agenda.now_ms)

    def knows_rtx(self, rtx_ssrc: int, media_ssrc: int) -> None:
        """Packets of ``rtx_ssrc`` retransmit packets of ``media_ssrc``."""
        self._rtx_to_media[rtx_ssrc] = media_ssrc

    def sender_report(self, report: rtcp.SenderReport) -> None:
        """The relay's report of a stream's clock."""
        if report.ssrc in self._incoming:
            self._incoming[report.ssrc].clock.on_sender_report(report, self._agenda.now_ms)

    def feedback(self) -> list[bytes]:
        """Transport-wide feedback about all packets since the last feedback."""
        return list(self._receiver.build(1, 2, self._agenda.now_ms))

    def requests(self, rtt_ms: float) -> Iterator[bytes]:
        """The requests due now: lost packets, or a keyframe where a repair comes too late."""
        for ssrc, stream in self._incoming.items():
            if not stream.wants_nack:
                continue
            lost = stream.nack.due(self._agenda.now_ms, rtt_ms)
            if lost:
                yield rtcp.Nack(1, ssrc, lost).encode()
            if stream.nack.overflowed or stream.nack.abandoned > stream.abandoned:
                stream.abandoned = stream.nack.abandoned
                if stream.is_video:
                    yield rtcp.Pli(1, ssrc).encode()

    def report_blocks(self) -> list[rtcp.ReportBlock]:
        """One report block for each stream."""
        blocks = []
        for ssrc, stream in self._incoming.items():
            reception = stream.stats.report()
            last_sr, delay = stream.clock.last_sr(self._agenda.now_ms)
            blocks.append(
                rtcp.ReportBlock(
                    ssrc,
                    reception.fraction_lost,
                    reception.cumulative_lost,
                    reception.highest_sequence,
                    reception.jitter,
                    last_sr,
                    delay,
                )
            )
        return blocks
