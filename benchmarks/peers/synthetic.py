"""A light WebRTC leg: all that a browser does on the wire, without codecs and without RTCPeerConnection.

Owns: one UDP socket, ICE as the controlling agent, DTLS as the server, SRTP, and a browser's feedback
(transport-wide every 100 ms, reports every second, NACK for missing packets). One process holds dozens of such
legs. Must never hide what the server does: no jitter buffer, no reordering, no retries of its own.
"""

from __future__ import annotations

import asyncio
import random
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from pylibsrtp import Error as SrtpError

from benchmarks.peers import sdp
from benchmarks.peers.dtls import DtlsPeer, local_fingerprint
from benchmarks.peers.ice import IceClient
from benchmarks.peers.streams import WIRE_OVERHEAD_BYTES, OwnStream, PacketHandler, SlotStream
from media.core import rtp
from media.core.estimate import TwccReceiver, TwccSender
from media.core.rtp import rtcp, rtx

RECEIVE_BYTES = 2_048
READ_BATCH = 64
SOCKET_BUFFER_BYTES = 1 << 20
# libwebrtc's intervals: feedback every 50 to 250 ms, reports every second, a check every 2.5 s.
FEEDBACK_INTERVAL_S = 0.1
REPORT_INTERVAL_S = 1.0
CHECK_INTERVAL_S = 2.5
# While it connects, libwebrtc sends a check every 48 ms.
CONNECT_CHECK_S = 0.05


class SyntheticLeg:
    """One leg: give its ``offer`` to the server, `connect` with the answer, then send and receive."""

    def __init__(
        self,
        *,
        slots: int = 3,
        twcc: bool = True,
        seed: int | None = None,
        on_packet: PacketHandler | None = None,
        low: bool = False,
    ) -> None:
        rng = random.Random(seed)
        self.ice = IceClient()
        self.twcc_out = TwccSender(rng.randrange(1 << 16)) if twcc else None
        self.audio = OwnStream("audio", sdp.OPUS, twcc=self.twcc_out, twcc_id=sdp.TWCC_ID, rng=rng)
        self.video = OwnStream(
            "video", sdp.VP8, twcc=self.twcc_out, twcc_id=sdp.TWCC_ID, rng=rng, rtx_payload_type=sdp.VP8_RTX
        )
        # The small picture (simulcast), which is sent only if the server asks for it.
        self.low = (
            OwnStream(
                "video",
                sdp.VP8,
                twcc=self.twcc_out,
                twcc_id=sdp.TWCC_ID,
                rng=rng,
                rtx_payload_type=sdp.VP8_RTX,
            )
            if low
            else None
        )
        self.streams = [one for one in (self.audio, self.video, self.low) if one is not None]
        self.on_packet = on_packet
        self.on_keyframe_wanted: Callable[[], None] | None = None
        self.on_low_keyframe_wanted: Callable[[], None] | None = None
        self.lose_outgoing: Callable[[bytes], bool] | None = None
        self.lose_incoming: Callable[[bytes], bool] | None = None
        self.asks_repeats = True
        self.slots: list[tuple[SlotStream, SlotStream]] = []
        self.heard: Counter[str] = Counter()
        self.nacked: list[int] = []
        self.ssrc = rng.randrange(1, 1 << 32)
        self.dtls: DtlsPeer | None = None
        self.server: tuple[str, int] = ("", 0)
        self.socket: socket.socket | None = None
        self._own = {stream.ssrc: stream for stream in self.streams}
        self._by_ssrc: dict[int, SlotStream] = {}
        self._twcc_in = TwccReceiver()
        self._twcc_id = sdp.TWCC_ID if twcc else 0
        self._timer: asyncio.TimerHandle | None = None
        self._next_report_s = 0.0
        self._next_check_s = 0.0
        self._progress = asyncio.Event()
        sources = sdp.OwnSources(self.audio.ssrc, self.video.ssrc, self.video.rtx_ssrc)
        if self.low is not None:
            sources = replace(sources, low=self.low.ssrc, low_rtx=self.low.rtx_ssrc)
        self.offer = sdp.compose_offer(
            username=self.ice.username,
            password=self.ice.password,
            fingerprint=local_fingerprint(),
            sources=sources,
            slots=slots,
            twcc=twcc,
        )

    # Connecting ----------------------------------------------------------------------------------------

    def take_answer(self, answer: str, *, ipv6: bool = False) -> None:
        """Read the server's answer and open a socket to its first candidate of the address family."""
        read = sdp.read_answer(answer)
        self.server = next(one for one in read.candidates if (":" in one[0]) == ipv6)
        self.ice.set_remote(read.username, read.password)
        self.dtls = DtlsPeer(read.fingerprint, self.send_raw)
        for index, ssrcs in enumerate(read.slots):
            audio = SlotStream("audio", index, ssrcs.audio, 0)
            video = SlotStream("video", index, ssrcs.video, ssrcs.video_rtx)
            self.slots.append((audio, video))
            self._by_ssrc |= {ssrcs.audio: audio, ssrcs.video: video, ssrcs.video_rtx: video}
        self._open_socket()

    async def connect(self, answer: str, *, ipv6: bool = False, timeout_s: float = 20.0) -> None:
        """Connect by ICE and DTLS; SRTP may flow afterwards. Raises TimeoutError, or DtlsError."""
        self.take_answer(answer, ipv6=ipv6)
        async with asyncio.timeout(timeout_s):
            await self.run_ice()
            await self.run_dtls()
        self.start_feedback()

    async def run_ice(self) -> None:
        """Send checks until both our check and the server's check are answered."""
        while not (self.ice.validated and self.ice.checked):
            self.send_raw(self.ice.check())
            await self._wait(CONNECT_CHECK_S)

    async def run_dtls(self) -> None:
        """Run the DTLS handshake until it is done."""
        assert self.dtls is not None
        self.dtls.start()
        while not self.dtls.done:
            timeout_s = self.dtls.timeout_s()
            await self._wait(timeout_s if timeout_s is not None else 1.0)
            if not self.dtls.done and self.dtls.timeout_s() == 0.0:
                self.dtls.timer_fired()

    def start_feedback(self) -> None:
        """Start the feedback of a browser."""
        now_s = time.monotonic()
        self._next_check_s = now_s + CHECK_INTERVAL_S
        self._next_report_s = now_s + REPORT_INTERVAL_S
        self._timer = asyncio.get_running_loop().call_later(FEEDBACK_INTERVAL_S, self._feedback)

    async def move(self, timeout_s: float = 10.0) -> None:
        """Continue from another port, like a phone that changes its network."""
        self._close_socket()
        self._open_socket()
        self.ice.validated = self.ice.checked = False
        async with asyncio.timeout(timeout_s):
            await self.run_ice()

    def close(self, *, notify: bool = True) -> None:
        """End the leg; with `notify`, tell the server (DTLS close_notify)."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if notify and self.dtls is not None and self.dtls.done and self.socket is not None:
            self.dtls.close()
        self._close_socket()

    async def _wait(self, seconds: float) -> None:
        self._progress.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._progress.wait()
        except TimeoutError:
            return

    def _open_socket(self, source_port: int = 0) -> None:
        family = socket.AF_INET6 if ":" in self.server[0] else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_DGRAM)
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER_BYTES)
        if source_port:
            opened.bind(("", source_port))
        opened.connect(self.server)
        self.socket = opened
        asyncio.get_running_loop().add_reader(opened.fileno(), self._readable)

    def _close_socket(self) -> None:
        if self.socket is not None:
            asyncio.get_running_loop().remove_reader(self.socket.fileno())
            self.socket.close()
            self.socket = None

    # Sending -------------------------------------------------------------------------------------------

    def send_raw(self, data: bytes) -> None:
        """Send one datagram unchanged."""
        if self.socket is None:
            return
        try:
            self.socket.send(data)
        except OSError:
            self.heard["send_failed"] += 1

    def send_rtp(self, packet: bytes) -> None:
        """Protect and send a plain RTP packet, unless `lose_outgoing` decides that the link loses it."""
        assert self.dtls is not None
        if self.lose_outgoing is not None and self.lose_outgoing(packet):
            return
        self.send_raw(self.dtls.tx.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        """Protect and send plain RTCP."""
        assert self.dtls is not None
        self.send_raw(self.dtls.tx.protect_rtcp(packet))

    def send_audio(self, payload: bytes, *, seconds: float = 0.06, payload_type: int | None = None) -> None:
        """Send one voice packet, then advance the media clock by `seconds`."""
        self.send_rtp(self.audio.packet(payload, time.monotonic(), payload_type=payload_type))
        self.audio.advance(seconds)

    def send_video(self, payload: bytes, *, last: bool = True, seconds: float = 0.04) -> None:
        """Send one video packet; after the `last` of a frame, advance the media clock."""
        self.send_rtp(self.video.packet(payload, time.monotonic(), marker=last))
        if last:
            self.video.advance(seconds)

    def send_low(self, payload: bytes, *, seconds: float = 0.04) -> None:
        """Send one frame of the small picture, in one packet."""
        assert self.low is not None
        self.send_rtp(self.low.packet(payload, time.monotonic(), marker=True))
        self.low.advance(seconds)

    # Receiving -----------------------------------------------------------------------------------------

    def _readable(self) -> None:
        for _ in range(READ_BATCH):
            if self.socket is None:
                return
            try:
                data = self.socket.recv(RECEIVE_BYTES)
            except BlockingIOError:
                return
            except OSError:
                self.heard["receive_failed"] += 1
                return
            if data and 128 <= data[0] <= 191:
                self._srtp_arrived(data)
            elif data and data[0] < 4:
                self._stun_arrived(data)
            elif data and self.dtls is not None:
                self._dtls_arrived(self.dtls, data)

    def _stun_arrived(self, data: bytes) -> None:
        assert self.socket is not None
        reply = self.ice.datagram(data, self.server)
        if reply is not None:
            self.send_raw(reply)
        self._progress.set()

    def _dtls_arrived(self, dtls: DtlsPeer, data: bytes) -> None:
        if dtls.datagram(data):
            self.heard["data"] += 1
        if dtls.closed:
            self.heard["closed"] += 1
        self._progress.set()

    def _srtp_arrived(self, data: bytes) -> None:
        if self.dtls is None or not self.dtls.done:
            self.heard["early"] += 1
            return
        try:
            if rtp.is_rtcp(data):
                self._rtcp_arrived(self.dtls.rx.unprotect_rtcp(data))
            else:
                self._rtp_arrived(self.dtls.rx.unprotect(data))
        except SrtpError:
            self.heard["srtp_refused"] += 1

    def _rtp_arrived(self, data: bytes) -> None:
        if self.lose_incoming is not None and self.lose_incoming(data):
            return
        now_s = time.monotonic()
        second, sequence_number, timestamp, ssrc, header_len = rtp.parse(data)
        if self._twcc_id:
            number = rtp.extension_u16(data, self._twcc_id)
            if number >= 0:
                self._twcc_in.received(number, int(now_s * 1e6), len(data) + WIRE_OVERHEAD_BYTES)
        stream = self._by_ssrc.get(ssrc)
        if stream is None:
            self.heard["unknown_ssrc"] += 1
            return
        resent = ssrc == stream.rtx_ssrc
        if resent:
            original = rtx.unwrap(data, header_len, ssrc=stream.ssrc, payload_type=sdp.VP8)
            if original is None:
                return
            stream.restored += 1
            data = original
            second, sequence_number, timestamp, ssrc, header_len = rtp.parse(data)
        else:
            stream.stats.received(sequence_number, timestamp, now_s * 1000, len(data))
            stream.highest = sequence_number
        stream.nack.received(sequence_number, now_s * 1000)
        if self.on_packet is not None:
            self.on_packet(stream, second, sequence_number, timestamp, data[header_len:], resent)

    def _rtcp_arrived(self, data: bytes) -> None:
        now_s = time.monotonic()
        for packet in rtcp.parse(data):
            self.heard[type(packet).__name__] += 1
            match packet:
                case rtcp.Nack():
                    self._answer_nack(packet, now_s)
                case rtcp.Pli() if packet.media_ssrc == self.video.ssrc:
                    if self.on_keyframe_wanted is not None:
                        self.on_keyframe_wanted()
                case rtcp.Pli() if self.low is not None and packet.media_ssrc == self.low.ssrc:
                    if self.on_low_keyframe_wanted is not None:
                        self.on_low_keyframe_wanted()
                case rtcp.TransportFeedback() if self.twcc_out is not None:
                    for result in self.twcc_out.on_feedback(packet, int(now_s * 1e6)):
                        self.heard["told_lost" if result.arrived_us is None else "told_received"] += 1
                case rtcp.SenderReport():
                    stream = self._by_ssrc.get(packet.ssrc)
                    if stream is not None:
                        stream.clock.on_sender_report(packet, now_s * 1000)
                        stream.reports = [*stream.reports[-3:], packet]
                case _:
                    pass

    def _answer_nack(self, packet: rtcp.Nack, now_s: float) -> None:
        self.nacked = [*self.nacked[-200:], *packet.lost]
        stream = self._own.get(packet.media_ssrc)
        if stream is not None:
            for repeat in stream.repeats(packet.lost, now_s):
                self.send_rtp(repeat)

    # Feedback ------------------------------------------------------------------------------------------

    def _feedback(self) -> None:
        now_s = time.monotonic()
        now_ms = now_s * 1000
        self._timer = asyncio.get_running_loop().call_later(FEEDBACK_INTERVAL_S, self._feedback)
        for packet in self._twcc_in.build(self.ssrc, self.ssrc, now_ms):
            self.send_rtcp(packet)
        if self.asks_repeats:
            for _, video in self.slots:
                lost = video.nack.due(now_ms, 2 * FEEDBACK_INTERVAL_S * 1000)
                if lost:
                    self.send_rtcp(rtcp.Nack(self.ssrc, video.ssrc, lost).encode())
        if now_s >= self._next_report_s:
            self._next_report_s = now_s + REPORT_INTERVAL_S
            self.send_report(now_s)
        if now_s >= self._next_check_s:
            self._next_check_s = now_s + CHECK_INTERVAL_S
            self.send_raw(self.ice.check())

    def send_report(self, now_s: float) -> None:
        """Send reports about the own streams, with report blocks about the received ones."""
        streams = [stream for slot in self.slots for stream in slot if stream.stats.packets]
        blocks = [stream.block(now_s * 1000) for stream in streams]
        packets: list[rtcp.RtcpOutgoing] = [
            stream.sender_report(now_s) for stream in self.streams if stream.packets
        ]
        packets.append(rtcp.ReceiverReport(self.ssrc, blocks))
        packets.append(rtcp.SourceDescription(self.ssrc, "synthetic"))
        self.send_rtcp(rtcp.build(packets))

    def ask_keyframe(self, slot: int) -> None:
        """Send a PLI for the video of a slot."""
        self.send_rtcp(rtcp.Pli(self.ssrc, self.slots[slot][1].ssrc).encode())

    def ask_again(self, slot: int, numbers: list[int]) -> None:
        """Send a NACK for packets of the video of a slot."""
        self.send_rtcp(rtcp.Nack(self.ssrc, self.slots[slot][1].ssrc, numbers).encode())
