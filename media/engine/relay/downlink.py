"""The direction from the server to the page of one leg: the streams of the receive slots, paced to the link's rate.

Owns: the transport-wide numbers of all outgoing packets, the pacer that keeps pictures from delaying voices, and
the estimate of the link. Must never decide what a publisher sends, nor how long a page may be silent
(media/core/quality/downlinkhold.py). Standards: RFC 3550, transport-wide feedback (draft-holmer-rmcat).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from media.core.estimate import LargePackets, Pacer, SendEstimate, TwccSender
from media.core.probe import ProbeCluster
from media.core.quality import PACE_SHARE, DownlinkHold, HoldAction
from media.core.rtp import Header, rtcp
from media.core.share import LoudestVoices
from media.engine.relay.outbound import OutboundStream, Queued, Repeat
from media.engine.relay.slot import Slot
from media.engine.transport.answer import SlotSources
from media.engine.transport.datagrams import WIRE_OVERHEAD_BYTES
from media.engine.transport.leg import Leg

# The shortest wait: uvloop's timers count milliseconds, so a shorter wait would spin.
TIMER_FLOOR_S = 0.001
# The number of missing reports that counts as silence, if the page gets one numbered packet a second: a single
# report may be lost.
SPARSE_REPORTS = 2
# One padding packet, on which the page must report.
SMALLEST_PROBE = ProbeCluster(packets=1, padding_bytes=1)
# RTP header and transport-wide number: the size of a padding packet without its padding.
PADDING_HEADERS_BYTES = 20


class Downlink:
    """Everything sent to one page, and the estimate of the link to it."""

    def __init__(
        self,
        leg: Leg,
        sources: list[SlotSources],
        random_number: Callable[[int], int],
        start_bps: int,
    ) -> None:
        self.leg = leg
        self.twcc_id = leg.offer.twcc_id
        self.twcc = TwccSender(random_number(0x10000))
        self.estimate = SendEstimate(start_bps)
        self.large_packets = LargePackets()
        self.pacer: Pacer[Queued] = Pacer(start_bps)
        self.sent_packets = 0
        # Chooses the voices to forward if the link is too thin for all; None while it carries all.
        self.voices: LoudestVoices | None = None
        self.voice_stamp_spacing_ms = 0.0
        self._next_stamp_ms = 0.0
        self._hold = DownlinkHold()
        self._timer: asyncio.TimerHandle | None = None
        self.slots = [
            Slot(index, self, lines, source, random_number)
            for index, (lines, source) in enumerate(zip(leg.offer.slots, sources, strict=True))
        ]
        self.by_ssrc = {stream.ssrc: stream for slot in self.slots for stream in (slot.audio, slot.video)}

    # Numbers -------------------------------------------------------------------------------------------

    def next_transport_number(self, size_bytes: int, now_ms: float) -> int:
        """The transport-wide sequence number for a packet of about `size_bytes` of RTP; 0 if not negotiated."""
        if not self.twcc_id:
            return 0
        return self.twcc.next(int(now_ms * 1000), size_bytes + WIRE_OVERHEAD_BYTES)

    def voice_stamp(self, now_ms: float) -> int:
        """The extension id for the number of this voice packet; 0 if it gets no number.

        A page reports on numbered packets four times a second with 70 bytes each: 2.2 kbit/s of its uplink. If only
        voice flows over a thin link, one packet in ``voice_stamp_spacing_ms`` is enough.
        """
        if now_ms < self._next_stamp_ms:
            return 0
        self._next_stamp_ms = now_ms + self.voice_stamp_spacing_ms
        return self.twcc_id

    def space_voice_stamps(self, spacing_ms: float) -> None:
        """Number one voice packet in ``spacing_ms`` from now on; 0: every packet."""
        self.voice_stamp_spacing_ms = spacing_ms

    def hear_loudest(self, *, only: bool) -> None:
        """Forward only the loudest voices from now on, or all."""
        self.voices = LoudestVoices() if only else None

    # What leaves ---------------------------------------------------------------------------------------

    def send(self, packet: bytes, now_ms: float, *, paced: bool = False) -> None:
        """Send a packet now. Its size counts in the pacer, unless the pacer itself has released the packet."""
        self.sent_packets += 1
        if not paced:
            self.pacer.sent(len(packet) + WIRE_OVERHEAD_BYTES, now_ms)
        self.leg.send_rtp(packet)

    def sent_beside(self, size_bytes: int, now_ms: float) -> None:
        """The data channel sent this many bytes on the wire; the pacer counts them like voice."""
        self.pacer.sent(size_bytes, now_ms)

    def probe(self, cluster: ProbeCluster, now_ms: float) -> None:
        """Send a probe cluster of padding on the first slot's retransmission SSRC.

        Pages ignore the padding, but report the arrival of each packet: the dispersion gives the link's rate.
        """
        out = self.slots[0].video
        if not self.twcc_id or not out.rtx.payload_types:
            return
        size_bytes = cluster.padding_bytes + PADDING_HEADERS_BYTES + WIRE_OVERHEAD_BYTES
        for _ in range(cluster.packets):
            number = self.twcc.next(int(now_ms * 1000), size_bytes, probe=True)
            self.send(out.padding(cluster.padding_bytes, number), now_ms)

    def queue_video(
        self, out: OutboundStream, payload_type: int, header: Header, data: bytes, now_ms: float
    ) -> None:
        """Queue a video packet in the pacer, and send what the pacer releases."""
        self.pacer.push_video((out, payload_type, header, data), len(data) + WIRE_OVERHEAD_BYTES, now_ms)
        self._queued(now_ms)

    def queue_repeats(self, out: OutboundStream, packets: Sequence[bytes], now_ms: float) -> None:
        """Queue packets that the page has asked for again, before all other waiting packets.

        The pacer limits them too: a burst of several would delay voice.
        """
        for packet in reversed(packets):
            self.pacer.push_video(Repeat(out, packet), len(packet) + WIRE_OVERHEAD_BYTES, now_ms, front=True)
        self._queued(now_ms)

    def _queued(self, now_ms: float) -> None:
        if self.pacer.overflowed:
            self.pacer.overflow_handled()
            self._give_up(now_ms)
        self.pump(now_ms)

    def _give_up(self, now_ms: float) -> None:
        for slot in self.slots:
            slot.video.gave_up(now_ms)

    def pump(self, now_ms: float) -> None:
        """Send what the pacer releases, and set a timer for the rest."""
        self.send_due(now_ms)
        if self._timer is None:
            due_ms = self.pacer.next_due_ms(now_ms)
            if due_ms is not None:
                wait_s = max(TIMER_FLOOR_S, (due_ms - now_ms) / 1000)
                self._timer = asyncio.get_running_loop().call_later(wait_s, self._timer_fired)

    def send_due(self, now_ms: float) -> None:
        """Send what the pacer releases now."""
        for queued in self.pacer.due(now_ms):
            if isinstance(queued, Repeat):
                queued.out.emit_repeat(queued.packet, now_ms)
            else:
                out, payload_type, header, data = queued
                out.emit_video(payload_type, header, data, now_ms)

    def _timer_fired(self) -> None:
        self._timer = None
        self.pump(time.monotonic() * 1000)

    # What the page reports -----------------------------------------------------------------------------

    def feedback_arrived(self, feedback: rtcp.TransportFeedback, now_ms: float) -> None:
        """Transport-wide feedback arrived: update the estimate from it, and the pacer from the estimate."""
        results = self.twcc.on_feedback(feedback, int(now_ms * 1000))
        self.large_packets.on_results(results, now_ms)
        self.estimate.on_results(results, now_ms)
        self._pace(now_ms)

    def block_arrived(self, block: rtcp.ReportBlock, now_ms: float) -> float | None:
        """A report block about one of our streams arrived; returns the round-trip time in ms, if it has one."""
        out = self.by_ssrc.get(block.ssrc)
        if out is None:
            return None
        rtt_ms = out.reports.on_block(block, now_ms)
        # Each packet of a picture has a transport-wide number, so its loss is already known. The first report
        # about a picture that starts again contains the loss from before its stop.
        counts = out.kind == "audio" or not self.twcc_id
        self.estimate.on_report_block(block.fraction_lost / 256 if counts else None, rtt_ms)
        return rtt_ms

    def silent_ms(self, now_ms: float) -> float:
        """How long the page has not reported on sent packets; less if few packets have a number."""
        asked_ms = SPARSE_REPORTS * self.voice_stamp_spacing_ms
        return self.twcc.unanswered_us(int(now_ms * 1000)) / 1000 - asked_ms

    def notice_silence(self, now_ms: float) -> None:
        """Lower the estimate of a page that does not report, so that it gets voice only; called at intervals."""
        before_bps = self.estimate.estimate_bps
        self.estimate.on_silence(self.silent_ms(now_ms))
        if self.estimate.estimate_bps < before_bps:
            self._pace(now_ms)

    def _pace(self, now_ms: float) -> None:
        self.pacer.set_rate(PACE_SHARE * self.estimate.estimate_bps, now_ms)

    def tend(self, now_ms: float, *, stopped: bool = False) -> None:
        """Hold the pictures while the page is silent, and release them when it reports; called with every tick.

        ``stopped``: no packets at all arrive from the page (arrivalrhythm.py), which shows silence sooner.
        """
        silent_ms = self.silent_ms(now_ms) if self.twcc_id else None
        action = self._hold.follow(now_ms, silent_ms, self.estimate.rtt_ms, stopped=stopped)
        if self._hold.probe_due(now_ms, self.sent_packets):
            self.probe(SMALLEST_PROBE, now_ms)
            self._hold.probe_sent(self.sent_packets)
        match action:
            case HoldAction.HOLD:
                self.pacer.hold()
            case HoldAction.RELEASE | HoldAction.RENEW:
                self.pacer.release()
                self.estimate.on_resumed(now_ms)
                if action is HoldAction.RENEW:
                    self.pacer.clear()
                    self._give_up(now_ms)
                self.pump(now_ms)
            case HoldAction.NOTHING:
                pass

    def close(self) -> None:
        """Stop the timer and detach every source."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for slot in self.slots:
            slot.audio.attach(None)
            slot.video.attach(None)
