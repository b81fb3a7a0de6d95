"""What the server asks of a publisher, and what it knows of a link: plain values, no behaviour.

Owns: the values that steering decides, the engine reports and the server translates into signaling messages. Must
never import anything of this project.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class AudioSend:
    """How a page shall send its voice (Opus, RFC 7587; RED, RFC 2198).

    ``level``: each packet carries its audio level (RFC 6464), which costs four bytes.
    """

    active: bool = False
    max_bitrate_bps: int = 16_000
    ptime_ms: int = 60
    dtx: bool = True
    fec: bool = True
    red: bool = False
    level: bool = False


@dataclass(frozen=True, slots=True)
class VideoSend:
    """How a page shall send its picture; fields as in W3C RTCRtpEncodingParameters and RTCRtpSendParameters.

    ``scale_resolution_down_by`` divides a picture of 480 lines; below 1 the camera is asked for more lines.
    """

    active: bool = False
    max_bitrate_bps: int = 0
    max_framerate: float = 15.0
    scale_resolution_down_by: float = 1.0
    codec: str | None = None
    degradation_preference: str | None = None
    scalability_mode: str | None = None


@dataclass(frozen=True, slots=True)
class StillsSend:
    """The stills that a page sends by itself: one every ``every_s`` seconds (0: none), of ``max_bytes`` at most."""

    every_s: float = 0.0
    max_bytes: int = 0
    width: int = 0


@dataclass(frozen=True, slots=True)
class SendParameters:
    """Everything a publisher shall send; ``low``: the small second encoding of its picture (simulcast)."""

    audio: AudioSend = AudioSend()
    video: VideoSend = VideoSend()
    stills: StillsSend = StillsSend()
    low: VideoSend = VideoSend()


@dataclass(frozen=True, slots=True)
class SlotAssignment:
    """One receive slot of a leg: its two m-lines (by mid) and the leg whose media it carries, if any."""

    index: int
    audio_mid: str
    video_mid: str
    source_leg_id: str | None


@dataclass(frozen=True, slots=True)
class LinkQuality:
    """A link as measured on its leg; None: not measured yet.

    ``level``: 0 no link, 1 poor, 2 thin, 3 fair, 4 good.
    """

    level: int = 0
    rtt_ms: int | None = None
    loss_ratio: float | None = None
    down_kbps: int | None = None
    up_kbps: int | None = None


class Rung(StrEnum):
    """One step of the quality ladder of one leg in one direction, best first."""

    VIDEO_HIGH = "video-high"
    VIDEO = "video"
    VIDEO_LOW = "video-low"
    STILLS = "stills"
    VOICE = "voice"
    VOICE_THIN = "voice-thin"
    MESSAGES = "messages"


class ClinicalProfile(StrEnum):
    """What the picture shows: a face, a detail (skin, wound) or motion (gait, sign language).

    It decides the order in which quality is given up.
    """

    FACE = "face"
    DETAIL = "detail"
    MOTION = "motion"


class RungReason(StrEnum):
    """Why a leg is on its rung, in terms that a person can act on."""

    LINK = "link"
    PINNED = "pinned"
    OTHER_SIDE = "other_side"
    CAMERA_OFF = "camera_off"
    STARTING = "starting"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a participant has chosen for this leg. ``audio_only`` and ``save_data`` pin both directions."""

    audio_only: bool = False
    save_data: bool = False
    profile: ClinicalProfile = ClinicalProfile.FACE


@dataclass(frozen=True, slots=True)
class RungReport:
    """The rung of a leg in each direction, and why the lower of the two is not higher."""

    down: Rung = Rung.MESSAGES
    up: Rung = Rung.MESSAGES
    reason: RungReason = RungReason.STARTING
