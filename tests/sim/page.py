"""A page in virtual time: an encoder, Chromium's congestion control above it, and the page's answers.

Owns: voice and picture as packets of real RTP, retransmissions, the times of feedback and reports, probe clusters
on a warm leg. The downlink is in pagedownlink.py, stills are in pagestills.py. Must never look at the relay: a page
knows what a browser knows.
"""

from __future__ import annotations

import random
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from media.core import rtp
from media.core.estimate import ArrivalRhythm, Pacer, TwccSender
from media.core.parameters import AudioSend, SendParameters
from media.core.probe import AGAIN, OVERHEAD_BYTES, PROBE_KIND
from media.core.quality import HOLD
from media.core.repair import voice_wire_bps
from media.core.rtp import Codec, red, rtcp, rtx
from media.core.stills import Hello, build
from media.engine.transport.answer import GOOGLE_MAX_KBPS, GOOGLE_MIN_KBPS, GOOGLE_START_KBPS
from media.engine.transport.datagrams import WIRE_OVERHEAD_BYTES
from media.engine.transport.offer import Offer as SdpOffer
from tests.sim.agenda import Agenda
from tests.sim.gcc import BrowserEstimate
from tests.sim.pagedownlink import PageDownlink
from tests.sim.pagestills import PageStills
from tests.sim.pipe import Wire

RTCP_OVERHEAD_BYTES = 42  # SRTCP index and tag, UDP, IPv4
# mid and audio level of a browser, beside the transport-wide number.
EXTENSIONS_BYTES = 6
# The time from a message's arrival until the encoder follows it.
ENCODER_LAG_MS = 200.0
MTU_BYTES = 1_150
KEYFRAME_FACTOR = 4
# Chromium does not choose an encoder rate below this, and does not suspend the encoder.
ENCODER_MIN_BPS = 30_000.0
PACING_FACTOR = 2.5
# libwebrtc's pushback (WebRTC-CongestionWindow, QueueSize:350,DropFrame:true), plus the delay of feedback.
CONGESTION_WINDOW_MS = 350.0 + 250.0
# libwebrtc: probe at twice what may be sent now, with at least five packets of padding.
CLUSTER_FACTOR, CLUSTER_PACKETS, CLUSTER_BYTES = 2.0, 5, 240
# libwebrtc's transport-wide feedback: 5 % of the uplink's own estimate, 68 bytes each, 50 to 250 ms apart.
FEEDBACK_SHARE, FEEDBACK_BYTES, FEEDBACK_RANGE_MS = 0.05, 68, (50.0, 250.0)
NACK_MS = 20.0
REPORT_MS = {
    False: 2_500.0,
    True: 1_000.0,
}  # without and with video (RFC 3550; libwebrtc halves 5 s at random)
# web/shared/call/link/leg.js: messages, bytes of each, waits.
PROBE_TICK_MS = 800.0
WARM_CLUSTER = (3, 600, (800.0, 3_000.0, 3_000.0, 30_000.0))
CALL_CLUSTER = (2, 60, (4_000.0,))
# Quantizers of an AV1 encoder at 67 kbit/s, measured in the lab: for moving detail everywhere, which uses all of a
# link, and for a talking head. Both fall with the bitrate in much the same way.
MOVING_QUANTIZER = 240
FACE_QUANTIZER = 110
QUANTIZER_BPS = 67_000
QUANTIZER_EXPONENT = -0.56
# web/shared/call/link/sendreport.js
SEND_REPORT_EVERY_MS, WORTH_REPORTING, COARSER, SEND_REPORT_BYTES = 2_000.0, 0.2, 15, 200
VP8_KEYFRAME = bytes.fromhex("105000009d012a4001f000")
VP8_DELTA = bytes.fromhex("1051000000")
# From the packet's arrival until getSynchronizationSources shows it.
PLAYOUT_MS = 60.0
LOOK_MS, TRUST_MS = 25.0, 4_000.0  # web/shared/call/link/rhythm.js
THINNEST_BPS = 6_000  # web/shared/call/link/sender.js


def thinnest(audio: AudioSend) -> AudioSend:
    """The voice parameters of a page that sends as little as possible."""
    return replace(audio, ptime_ms=120, max_bitrate_bps=THINNEST_BPS, red=False)


def quantizer_at(quantizer: int, bitrate_bps: int) -> int:
    """The quantizer at ``bitrate_bps`` of a picture that has ``quantizer`` at 67 kbit/s."""
    ratio = (max(1, bitrate_bps) / QUANTIZER_BPS) ** QUANTIZER_EXPONENT
    return min(255, round(quantizer * ratio))


class Page:
    """Give it `send` (a datagram into its uplink) and call `arrived` for each datagram of the downlink."""

    def __init__(
        self,
        agenda: Agenda,
        rng: random.Random,
        offer: SdpOffer,
        send: Callable[[Wire], bool],
        talk_s: tuple[float, float] | None = None,
    ) -> None:
        self._agenda, self._rng, self._offer, self._send_wire = agenda, rng, offer, send
        self._talk_s = talk_s
        self._talks = True
        self.parameters = SendParameters()
        self.quantizer = MOVING_QUANTIZER
        self._trust_ms = 0.0
        self.estimate = BrowserEstimate(
            *(1000.0 * kbps for kbps in (GOOGLE_START_KBPS, GOOGLE_MIN_KBPS, GOOGLE_MAX_KBPS))
        )
        self.send_report: Callable[[dict[str, Any]], None] = lambda _: None
        self._twcc_id = offer.twcc_id
        self._sender = TwccSender()
        self._pacer: Pacer[tuple[bytes, bool, int]] = Pacer(PACING_FACTOR * self.estimate.target_bps)
        self._pump_ms = -1.0
        self._numbers = {"audio": 1, "video": 1, "rtx": 1}
        self._counts = {"audio": [0, 0], "video": [0, 0]}
        self._cache: deque[tuple[int, bytes]] = deque(maxlen=512)
        formats = {
            entry.codec: entry for line in (offer.own_audio, offer.own_video) for entry in line.formats
        }
        self._opus, self._red_format, self._vp8 = (
            formats[Codec.OPUS].payload_type,
            formats[Codec.RED].payload_type,
            formats[Codec.VP8],
        )
        self._red = red.RedSender(1, 400)
        self._downlink = PageDownlink(agenda, offer, self._vp8.payload_type, self._red_format)
        self.knows_rtx, self.heard, self.seen = (
            self._downlink.knows_rtx,
            self._downlink.heard,
            self._downlink.seen,
        )
        self._needs_keyframe = True
        self._film_run = self._speak_run = 0
        self._feedback_ms = self._report_ms = 0.0
        self._reported: tuple[float, str, int | None, float] = (0.0, "", None, -SEND_REPORT_EVERY_MS)
        self.rtt_ms = 300.0
        self._least_rtt_ms = 1_500.0
        self.spoken: dict[int, float] = {}
        self.keyframes = 0
        self.stills = PageStills(agenda, rng)
        agenda.every(NACK_MS, self._tick, rng.uniform(0, NACK_MS))
        self._rhythm = ArrivalRhythm()
        agenda.every(LOOK_MS, self._listen, rng.uniform(0, LOOK_MS))
        agenda.every(400.0, self._report_estimate, 400.0)
        self._delivered: deque[tuple[float, str]] = deque()
        self._voice_packets = self._pictures = 0
        self._stalls = False
        self.stalls: list[float] = []
        self._clusters = 0
        self._probed_ms = 0.0

    # Parameters from the server -----------------------------------------------------------------------------

    def parameters_changed(self, parameters: SendParameters) -> None:
        self._agenda.after(ENCODER_LAG_MS, lambda: self._obey(parameters))

    def _obey(self, new: SendParameters) -> None:
        old, self.parameters = self.parameters, new
        if not new.video.active:
            self._trust_ms = 0.0
        if new.audio.active and not old.audio.active:
            self._speak_run += 1
            self._speak(self._speak_run)
            if self._talk_s is not None:
                self._take_turns()
        if new.video.active and not old.video.active:
            self._needs_keyframe = True
            self._film_run += 1
            self._film(self._film_run)
        if not new.video.active:
            self._pacer.clear()
        if new.video.active and self._allocated_bps(new) > 1.01 * self._allocated_bps(old):
            self._cluster(CLUSTER_FACTOR * self._allocated_bps(new))
        if new.stills != old.stills:
            self.stills.wanted(new.stills)

    @staticmethod
    def _allocated_bps(parameters: SendParameters) -> float:
        video = parameters.video
        return voice_wire_bps(parameters.audio) + (video.max_bitrate_bps if video.active else 0)

    # Voice and picture -------------------------------------------------------------------------------------

    def _take_turns(self) -> None:
        self._talks = not self._talks
        talk_s, pause_s = self._talk_s or (1.0, 1.0)
        self._agenda.after(
            1000 * self._rng.expovariate(1 / (talk_s if self._talks else pause_s)), self._take_turns
        )

    def _speak(self, run: int) -> None:
        audio = self.parameters.audio
        if not audio.active or run != self._speak_run:
            return
        now_ms = self._agenda.now_ms
        if now_ms < self._trust_ms:
            audio = thinnest(audio)
        if self._talks:
            self._agenda.after(audio.ptime_ms, lambda: self._speak(run))
            bitrate_bps = THINNEST_BPS if self._stalls else audio.max_bitrate_bps
            size = bitrate_bps * audio.ptime_ms // 8000
        else:
            self._agenda.after(400.0, lambda: self._speak(run))  # comfort noise (RFC 7587 section 3.1.3)
            size = 10
        index = len(self.spoken)
        self.spoken[index] = now_ms
        toc = b"\x18" if audio.ptime_ms <= 60 else b"\x19"  # SILK, narrowband, one frame of 60 ms or two
        payload = toc + struct.pack(">II", index, int(now_ms)) + bytes(max(0, size - 9))
        timestamp = int(now_ms * 48) & 0xFFFFFFFF
        payload_type = self._opus
        with_red = self._red.encapsulate(payload_type, timestamp, payload)
        if audio.red:
            payload, payload_type = with_red, self._red_format
        packet = self._packet(payload, payload_type, "audio", self._offer.own_audio.ssrc, timestamp)
        self._pacer.sent(len(packet) + WIRE_OVERHEAD_BYTES, now_ms)
        self._send_rtp(packet, "voice")

    def _film(self, run: int) -> None:
        video = self.parameters.video
        if not video.active or run != self._film_run:
            return
        self._agenda.after(1000 / video.max_framerate, lambda: self._film(run))
        own_bps = self.estimate.target_bps - voice_wire_bps(self.parameters.audio)
        bitrate_bps = min(video.max_bitrate_bps, max(ENCODER_MIN_BPS, own_bps))
        now_ms = self._agenda.now_ms
        if self._stalls or now_ms < self._trust_ms:
            return
        unanswered_ms = self._sender.unanswered_us(int(now_ms * 1000)) / 1000
        if self._pacer.queue_ms > 500 or unanswered_ms > self._least_rtt_ms + CONGESTION_WINDOW_MS:
            return  # libwebrtc drops frames before its pacer or its congestion window overflows
        frame_bytes = bitrate_bps / video.max_framerate / 8 * self._rng.uniform(0.7, 1.3)
        keyframe = self._needs_keyframe
        if keyframe:
            frame_bytes *= KEYFRAME_FACTOR
            self._needs_keyframe = False
            self.keyframes += 1
        timestamp = int(self._agenda.now_ms * 90) & 0xFFFFFFFF
        # libwebrtc makes the packets of a frame about equally large.
        pieces = -(-int(frame_bytes + 1) // MTU_BYTES)
        size = int(frame_bytes / pieces) + 1
        for index in range(pieces):
            start = (VP8_KEYFRAME if keyframe else VP8_DELTA) if index == 0 else b"\x00"
            self._push((start + bytes(size - len(start)), index == pieces - 1, timestamp), size)
        self._pump()

    def _push(self, item: tuple[bytes, bool, int], size: int) -> None:
        self._pacer.set_rate(PACING_FACTOR * self.estimate.target_bps, self._agenda.now_ms)
        self._pacer.push_video(item, size + 20 + WIRE_OVERHEAD_BYTES, self._agenda.now_ms)

    def _pump(self) -> None:
        now_ms = self._agenda.now_ms
        for payload, marker, timestamp in self._pacer.due(now_ms):
            packet = self._packet(
                payload,
                self._vp8.payload_type | (0x80 if marker else 0),
                "video",
                self._offer.own_video.ssrc,
                timestamp,
            )
            self._cache.append((rtp.parse(packet)[1], packet))
            self._send_rtp(packet, "video")
        due_ms = self._pacer.next_due_ms(now_ms)
        if due_ms is not None and self._pump_ms <= now_ms:
            self._pump_ms = max(due_ms, now_ms + 1)
            self._agenda.at(self._pump_ms, self._pump)

    def _packet(
        self, payload: bytes, second_byte: int, stream: str, ssrc: int, timestamp: int, **more: Any
    ) -> bytes:
        number = self._numbers[stream]
        self._numbers[stream] = (number + 1) & 0xFFFF
        if stream in self._counts:
            self._counts[stream][0] += 1
            self._counts[stream][1] += len(payload)
        return rtp.build(
            payload,
            second_byte=second_byte,
            sequence_number=number,
            timestamp=timestamp,
            ssrc=ssrc,
            twcc_id=self._twcc_id,
            twcc_seq=self._number(len(payload) + 20 + more.get("padding", 0), "padding" in more),
            **more,
        )

    def _number(self, rtp_bytes: int, probe: bool = False) -> int:
        return self._sender.next(
            int(self._agenda.now_ms * 1000), rtp_bytes + WIRE_OVERHEAD_BYTES, probe=probe
        )

    def _send_rtp(self, packet: bytes, what: str) -> None:
        self._send_wire(Wire("rtp", packet, len(packet) + WIRE_OVERHEAD_BYTES + EXTENSIONS_BYTES, what))

    def _send_rtcp(self, data: bytes) -> None:
        self._send_wire(Wire("rtcp", data, len(data) + RTCP_OVERHEAD_BYTES))

    def _cluster(self, rate_bps: float) -> None:
        """Send padding on the retransmission SSRC at `rate_bps`, if the result could raise the estimate."""
        if rate_bps <= self.estimate.target_bps or not self._offer.own_video.rtx_ssrc:
            return
        spacing_ms = (CLUSTER_BYTES + 20 + WIRE_OVERHEAD_BYTES) * 8000 / rate_bps

        def one() -> None:
            self._send_rtp(
                self._packet(
                    b"",
                    self._vp8.rtx_payload_type,
                    "rtx",
                    self._offer.own_video.rtx_ssrc,
                    0,
                    padding=CLUSTER_BYTES,
                ),
                "padding",
            )

        for index in range(CLUSTER_PACKETS):
            self._agenda.after(index * spacing_ms, one)

    def _listen(self) -> None:
        """web/shared/call/link/rhythm.js"""
        now_ms = self._agenda.now_ms
        kinds = set()
        while self._delivered and self._delivered[0][0] <= now_ms:
            kinds.add(self._delivered.popleft()[1])
        self._voice_packets += "voice" in kinds
        self._pictures += "video" in kinds
        stalls = self._rhythm.follow(now_ms, self._voice_packets, self._pictures)
        if stalls and not self._stalls:
            self.stalls.append(now_ms)
        self._stalls = stalls
        if self._rhythm.collapsed:
            self._trust_ms = now_ms + TRUST_MS

    # The downlink --------------------------------------------------------------------------------------------

    def arrived(self, wire: Wire) -> None:
        if wire.kind == "rtp":
            self._delivered.append((self._agenda.now_ms + PLAYOUT_MS, wire.what))
            self._downlink.arrived(wire.body)
        elif wire.kind == "rtcp":
            self._rtcp_arrived(rtcp.parse(wire.body))
        elif wire.kind == "order" and wire.body == AGAIN:
            self._send_cluster()
        elif wire.kind == "order" and wire.body == HOLD and self.parameters.audio.active:
            video = replace(self.parameters.video, active=False)
            self.parameters_changed(
                replace(self.parameters, audio=thinnest(self.parameters.audio), video=video)
            )

    def _rtcp_arrived(self, packets: list[rtcp.RtcpPacket]) -> None:
        now_ms = self._agenda.now_ms
        for packet in packets:
            match packet:
                case rtcp.TransportFeedback():
                    results = self._sender.on_feedback(packet, int(now_ms * 1000))
                    if self._sender.rtt_ms is not None:
                        self._least_rtt_ms = min(self._least_rtt_ms, self._sender.rtt_ms)
                        self.rtt_ms += 0.2 * (self._sender.rtt_ms - self.rtt_ms)
                    self.estimate.on_results(results, now_ms, self.rtt_ms)
                case rtcp.SenderReport():
                    self._downlink.sender_report(packet)
                case rtcp.Nack() if packet.media_ssrc == self._offer.own_video.ssrc:
                    self._repeat(packet.lost)
                case rtcp.Pli() | rtcp.Fir():
                    self._needs_keyframe = True
                case _:
                    pass

    def _repeat(self, lost: list[int]) -> None:
        known = dict(self._cache)
        for number in lost:
            packet = known.get(number)
            if packet is None:
                continue
            self._numbers["rtx"] = (self._numbers["rtx"] + 1) & 0xFFFF
            again = rtx.wrap(
                packet,
                ssrc=self._offer.own_video.rtx_ssrc,
                payload_type=self._vp8.rtx_payload_type,
                sequence_number=self._numbers["rtx"],
                twcc_id=self._twcc_id,
                twcc_seq=self._number(len(packet) + 2),
            )
            self._pacer.sent(len(again) + WIRE_OVERHEAD_BYTES, self._agenda.now_ms)
            self._send_rtp(again, "repeat")

    # The page's answers --------------------------------------------------------------------------------------

    def _tick(self) -> None:
        now_ms = self._agenda.now_ms
        if now_ms >= self._feedback_ms:
            interval_ms = FEEDBACK_BYTES * 8000 / (FEEDBACK_SHARE * self.estimate.target_bps)
            self._feedback_ms = now_ms + max(FEEDBACK_RANGE_MS[0], min(FEEDBACK_RANGE_MS[1], interval_ms))
            for data in self._downlink.feedback():
                self._send_rtcp(data)
        for data in self._downlink.requests(self.rtt_ms):
            self._send_rtcp(data)
        if now_ms >= self._report_ms:
            self._report()
        self.stills.send()

    def _report(self) -> None:
        now_ms = self._agenda.now_ms
        self._report_ms = now_ms + REPORT_MS[self.parameters.video.active] * self._rng.uniform(0.5, 1.5)
        blocks = self._downlink.report_blocks()
        ntp = int(now_ms * (1 << 32) / 1000) + (1 << 62)
        lines = ((self._offer.own_audio, "audio", 48), (self._offer.own_video, "video", 90))
        reports: list[Any] = [
            rtcp.SenderReport(line.ssrc, ntp, int(now_ms * per_ms) & 0xFFFFFFFF, *self._counts[kind])
            for line, kind, per_ms in lines
            if self._counts[kind][0]
        ]
        if reports:
            first = reports[0]
            reports[0] = rtcp.SenderReport(
                first.ssrc, first.ntp, first.rtp_timestamp, first.packet_count, first.octet_count, blocks
            )
        elif blocks:
            reports = [rtcp.ReceiverReport(1, blocks)]
        if reports:
            self._send_rtcp(
                rtcp.build([*reports, rtcp.SourceDescription(self._offer.own_audio.ssrc, "page")])
            )

    def _report_estimate(self) -> None:
        """Send `send_report` when the page's own estimate, or its limit, has changed."""
        if not self.parameters.audio.active:
            return
        bps, video = self.estimate.target_bps, self.parameters.video
        limited = "other"
        if video.active:
            limited = (
                "bandwidth" if bps - voice_wire_bps(self.parameters.audio) < video.max_bitrate_bps else "none"
            )
        quantizer = quantizer_at(self.quantizer, video.max_bitrate_bps) if video.active else None
        reported_bps, reported_limited, reported_quantizer, reported_ms = self._reported
        moved = abs(bps - reported_bps) > WORTH_REPORTING * reported_bps
        coarser = abs((quantizer or 0) - (reported_quantizer or 0)) > COARSER
        if self._agenda.now_ms - reported_ms < SEND_REPORT_EVERY_MS:
            return
        if not moved and not coarser and limited == reported_limited:
            return
        self._reported = (bps, limited, quantizer, self._agenda.now_ms)
        self.send_report(
            {"type": "send_report", "bps": round(bps), "limited_by": limited, "quantizer": quantizer}
        )

    # Warm ------------------------------------------------------------------------------------------------------

    def warm(self) -> None:
        """The data channels are open: send a hello, and probe clusters of messages while no picture flows."""
        self.stills.send_message(build(Hello()))
        self._agenda.every(PROBE_TICK_MS, self._probe, PROBE_TICK_MS)

    def _probe(self) -> None:
        *_, waits_ms = CALL_CLUSTER if self.parameters.audio.active else WARM_CLUSTER
        now_ms = self._agenda.now_ms
        if now_ms - self._probed_ms < waits_ms[min(self._clusters, len(waits_ms) - 1)]:
            return
        self._probed_ms = now_ms
        self._send_cluster()

    def _send_cluster(self) -> None:
        self._clusters += 1
        messages, size_bytes, _ = CALL_CLUSTER if self.parameters.audio.active else WARM_CLUSTER
        if self.parameters.video.active and self._agenda.now_ms >= self._trust_ms:
            return
        for index in range(messages):
            data = bytes((PROBE_KIND, self._clusters & 0xFF, index)) + bytes(size_bytes - 3)
            self._send_wire(Wire("probe", data, size_bytes + OVERHEAD_BYTES))
