"""Messages about a leg: its one offer and answer, what flows on it, how good its link is."""

from __future__ import annotations

from typing import Annotated

import msgspec

from media.core.parameters import ClinicalProfile, Rung, RungReason
from signaling.messages.envelope import ClientMessage, ServerMessage
from signaling.messages.values import (
    DegradationPreference,
    DeviceFault,
    Identifier,
    QualityLimitation,
    Sdp,
    Sequence,
)


class LegOffer(ClientMessage, tag="leg_offer", frozen=True, kw_only=True):
    """The page's one SDP offer for a leg (own audio, own video, receive slots, data channel)."""

    sdp: Sdp


class LegClose(ClientMessage, tag="leg_close", frozen=True, kw_only=True):
    """The page has given up this leg (it failed, or it is no longer wanted)."""

    leg_id: Identifier


class PathBlocked(ClientMessage, tag="path_blocked", frozen=True, kw_only=True):
    """Messages pass, and this leg does not connect, or no longer: the network lets no media through.

    ``blocked`` False: the leg is connected after all.
    """

    leg_id: Identifier
    blocked: bool = True


class MediaState(ClientMessage, tag="media_state", frozen=True, kw_only=True):
    """What of this participant cannot be heard or seen; the others are shown it.

    ``audio_fault``, ``video_fault``: nobody switched it off, and this is why it gives nothing.
    """

    audio_muted: bool
    video_muted: bool
    audio_fault: DeviceFault | None = None
    video_fault: DeviceFault | None = None


class Preferences(ClientMessage, tag="preferences", frozen=True, kw_only=True):
    """What this participant has chosen, for this leg and any later one of the session.

    ``audio_only`` and ``save_data`` apply to both directions, ``profile`` to the pictures it receives.
    """

    audio_only: bool = False
    save_data: bool = False
    profile: ClinicalProfile = ClinicalProfile.FACE


class SendReport(ClientMessage, tag="send_report", frozen=True, kw_only=True):
    """The uplink estimate of this page's own congestion control (W3C availableOutgoingBitrate).

    ``quantizer``: how coarse its picture is now, on its codec's own scale (W3C qpSum over framesEncoded); left out
    while no picture is sent. Each is left out where the browser does not report it.
    """

    leg_id: Identifier
    available_outgoing_bps: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] | None = None
    quality_limitation: QualityLimitation
    quantizer: Annotated[int, msgspec.Meta(ge=0, le=255)] | None = None


class LegAnswer(ServerMessage, tag="leg_answer", frozen=True, kw_only=True):
    """The server's answer to the `LegOffer` with seq ``ref``, with all candidates."""

    leg_id: str
    sdp: str
    ref: Sequence = 0


class LegState(ServerMessage, tag="leg_state", frozen=True, kw_only=True):
    """W3C RTCPeerConnectionState of the leg as the server sees it."""

    leg_id: str
    state: str


class AudioParameters(msgspec.Struct, frozen=True):
    """How a page shall send its voice; ``level``: with the audio level of RFC 6464 in each packet."""

    active: bool
    max_bitrate_bps: int = 16_000
    ptime_ms: int = 60
    dtx: bool = True
    fec: bool = True
    red: bool = False
    level: bool = False


class VideoParameters(msgspec.Struct, frozen=True):
    """How a page shall send its picture: fields of W3C RTCRtpEncodingParameters and RTCRtpSendParameters.

    ``scale_resolution_down_by`` divides a picture of 480 lines; below 1, the camera delivers more lines.
    ``degradation_preference`` None leaves the choice to the browser.
    """

    active: bool
    max_bitrate_bps: int = 0
    max_framerate: float = 15.0
    scale_resolution_down_by: float = 1.0
    codec: str | None = None
    degradation_preference: DegradationPreference | None = None
    scalability_mode: str | None = None


class SendParameters(ServerMessage, tag="send_parameters", frozen=True, kw_only=True):
    """What this page shall send from now on; ``low``, often left out: a second, small copy of its picture."""

    leg_id: str
    audio: AudioParameters
    video: VideoParameters
    low: VideoParameters | msgspec.UnsetType = msgspec.UNSET


class Slot(msgspec.Struct, frozen=True):
    """One receive slot of a leg, and the participant whose media it carries (None: nobody)."""

    index: int
    audio_mid: str
    video_mid: str
    participant_id: str | None


class Slots(ServerMessage, tag="slots", frozen=True, kw_only=True):
    """The participant in each receive slot of this page's leg."""

    leg_id: str
    slots: list[Slot]


class LinkQuality(msgspec.Struct, frozen=True):
    """A link as measured on its leg. ``level``: 0 no link, 1 poor, 2 thin, 3 fair, 4 good.

    ``blocked``, mostly left out: the network carries messages, and no voice and no picture.
    """

    level: int
    rtt_ms: int | None = None
    loss_ratio: float | None = None
    down_kbps: int | None = None
    up_kbps: int | None = None
    blocked: bool | msgspec.UnsetType = msgspec.UNSET


class Link(ServerMessage, tag="link", frozen=True, kw_only=True):
    """This page's own link quality."""

    quality: LinkQuality


class Rungs(ServerMessage, tag="rungs", frozen=True, kw_only=True):
    """The leg's rung of the quality ladder in each direction, and why the lower one is not higher."""

    leg_id: str
    down: Rung
    up: Rung
    reason: RungReason


FromPage = LegOffer | LegClose | PathBlocked | MediaState | Preferences | SendReport
FromServer = LegAnswer | LegState | SendParameters | Slots | Link | Rungs
