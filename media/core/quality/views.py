"""What steering knows about a publisher and about each receiver, four times a second.

Owns: these two plain values, the queue above which an uplink counts as strained, and the choice of a codec that all
can use. Must never measure: the engine fills the views in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from media.core.parameters import ClinicalProfile
from media.core.repair import redundancy_pays

# Best at low rates first.
VIDEO_PREFERENCE = ("video/AV1", "video/VP9", "video/VP8", "video/H264")
# A longer queue on the uplink comes from video: the picture gets less before voice suffers.
STRAINED_UPLINK_QUEUE_MS = 120.0


@dataclass(frozen=True, slots=True)
class PublisherView:
    """A publisher and its uplink. Rates are bit/s on the wire, ratios 0 to 1; None: not known.

    ``uplink_video_received_bps`` is the video part of ``uplink_received_bps``. ``uplink_collapsed``: almost no
    packets arrive, for longer than a radio stalls. ``uplink_capacity_bps`` is a rate that replaces all measurements
    (the person saves data), ``uplink_probed_bps`` the rate that probes measured, ``uplink_reported_bps`` the
    estimate of the page's congestion control (W3C availableOutgoingBitrate, which grows only while it is used;
    Firefox does not report it).
    ``video_limited_by`` is what limits the picture (RTCQualityLimitationReason), ``video_quantizer`` how coarse the
    encoder makes it, on the codec's scale. ``still_asked``: a requested still is on its way from this publisher.
    ``picture_vanishes``: its voice arrives, and its picture is sent and never does (largepackets.py). ``codecs``
    are the mime types that the publisher can send.
    """

    uplink_received_bps: float = 0.0
    uplink_video_received_bps: float | None = None
    uplink_loss_ratio: float = 0.0
    uplink_queue_ms: float | None = None
    uplink_collapsed: bool = False
    uplink_capacity_bps: float | None = None
    uplink_probed_bps: float | None = None
    uplink_reported_bps: float | None = None
    video_limited_by: str | None = None
    video_quantizer: int | None = None
    rtt_ms: float | None = None
    audio_muted: bool = False
    video_muted: bool = False
    still_asked: bool = False
    picture_vanishes: bool = False
    codecs: tuple[str, ...] = VIDEO_PREFERENCE

    @property
    def uplink_strained(self) -> bool:
        """Whether the uplink queues more than a radio's jitter."""
        return (self.uplink_queue_ms or 0.0) > STRAINED_UPLINK_QUEUE_MS


@dataclass(frozen=True, slots=True)
class ReceiverView:
    """One receiver of this publisher and its downlink. Rates are bit/s on the wire, ratios 0 to 1.

    ``audio_overhead_bps``: the rate of other voices, and of redundancy that the relay adds, besides this
    publisher's plain voice. ``profile``: what the receiver wants to see in pictures. ``probed``: padding probes
    measure the downlink while little is sent, so no blind trial of video is needed. ``picture_vanishes``: small
    packets arrive at it, and no large ones.
    """

    estimate_bps: float
    loss_ratio: float = 0.0
    queue_ms: float = 0.0
    rtt_ms: float | None = None
    wants_video: bool = True
    codecs: tuple[str, ...] = VIDEO_PREFERENCE
    audio_overhead_bps: float = 0.0
    profile: ClinicalProfile = ClinicalProfile.FACE
    probed: bool = False
    picture_vanishes: bool = False


def red_for_receiver(view: ReceiverView, *, was_on: bool) -> bool:
    """Whether the relay adds redundancy to the voice towards this receiver; with hysteresis."""
    return redundancy_pays(view.loss_ratio, view.estimate_bps, was_on=was_on)


def common_codec(publisher: PublisherView, receivers: Sequence[ReceiverView]) -> str | None:
    """The best codec that the publisher can send and all receivers can decode."""
    able = {mime.lower() for mime in publisher.codecs}
    for receiver in receivers:
        able &= {mime.lower() for mime in receiver.codecs}
    return next((mime for mime in VIDEO_PREFERENCE if mime.lower() in able), None)
