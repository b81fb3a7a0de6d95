"""Reads the values of a leg from a browser's SDP offer, and refuses every other input with one error.

Owns: the meaning of the m-lines (own audio, own video, receive slots, a second own video line if the page can also
send a small picture, one data channel) and of their codecs. aiortc's parser raises six kinds of exception; they
become `OfferRefused`. Must never keep the text of an offer. Standards: JSEP (RFC 9429), SDP (RFC 8866), BUNDLE
(RFC 9143).
"""

from __future__ import annotations

from dataclasses import dataclass

from aiortc.rtcdtlstransport import RTCDtlsFingerprint
from aiortc.rtcicetransport import RTCIceParameters
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.sdp import MediaDescription, SessionDescription

from media.core.rtp import MAX_ONE_BYTE_EXTENSION_ID, Codec
from media.engine.transport.errors import OfferRefused

# Own audio, own video, up to seven others with both, a second own video line, one data channel.
MEDIA_LINES_MAX = 18
SLOTS_MIN = 1
TWCC_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
# Opus always runs on a 48 kHz RTP clock, every video codec on 90 kHz (RFC 7587, RFC 6184, RFC 7741, RFC 9628).
AUDIO_CLOCK_RATE = 48_000
VIDEO_CLOCK_RATE = 90_000

_PARSER_ERRORS = (AssertionError, AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError)


@dataclass(frozen=True)
class Format:
    """One codec of an m-line: its payload type, and the payload type of its retransmissions (0: none)."""

    codec: Codec
    payload_type: int
    rtx_payload_type: int
    parameters: str
    nack: bool


@dataclass(frozen=True)
class MediaLine:
    """One audio or video m-line as this leg uses it."""

    mid: str
    kind: str
    formats: tuple[Format, ...]
    twcc_id: int
    ssrc: int = 0
    rtx_ssrc: int = 0
    level_id: int = 0


@dataclass(frozen=True)
class SlotLines:
    """The two m-lines of one receive slot."""

    audio: MediaLine
    video: MediaLine


@dataclass(frozen=True)
class Offer:
    """The values of an offer. ``order``: the mids in the order of the offer, which the answer must keep."""

    ice: RTCIceParameters
    fingerprints: list[RTCDtlsFingerprint]
    order: tuple[str, ...]
    own_audio: MediaLine
    own_video: MediaLine
    slots: tuple[SlotLines, ...]
    data_mid: str
    sctp_port: int
    own_low: MediaLine | None = None

    @property
    def twcc_id(self) -> int:
        """The header extension id of the transport-wide sequence number; 0 if not offered."""
        return self.own_audio.twcc_id or self.own_video.twcc_id


def read_offer(sdp: str) -> Offer:
    """Read `sdp`. Raises OfferRefused for any other input."""
    try:
        return _read(SessionDescription.parse(sdp))
    except OfferRefused:
        raise
    except (*_PARSER_ERRORS, RecursionError) as error:
        raise OfferRefused("offer_malformed", type(error).__name__) from None


def _read(session: SessionDescription) -> Offer:
    if len(session.media) > MEDIA_LINES_MAX:
        raise OfferRefused("offer_too_large")
    mids = [line.rtp.muxId for line in session.media]
    if not mids or len(set(mids)) != len(mids) or not all(_is_token(mid) for mid in mids):
        raise OfferRefused("offer_malformed", "mids")
    first = session.media[0]
    bundled = any(group.semantic == "BUNDLE" and list(group.items) == mids for group in session.group)
    if not bundled:
        raise OfferRefused("offer_malformed", "BUNDLE")
    if first.dtls is None or not first.dtls.fingerprints or first.dtls.role not in ("auto", "server"):
        raise OfferRefused("offer_malformed", "DTLS")
    ice = first.ice
    if ice is None or not ice.usernameFragment or not ice.password:
        raise OfferRefused("offer_malformed", "ICE")

    audio = [line for line in session.media if line.kind == "audio"]
    video = [line for line in session.media if line.kind == "video"]
    data = [line for line in session.media if line.kind == "application"]
    if len(audio) + len(video) + len(data) != len(session.media) or len(data) != 1:
        raise OfferRefused("offer_malformed", "m-lines")
    if any(not line.rtcp_mux for line in audio + video):
        raise OfferRefused("offer_malformed", "rtcp-mux")
    low = video.pop() if len(video) == len(audio) + 1 and video[-1].direction == "sendonly" else None
    slots = tuple(
        SlotLines(_media_line(a), _media_line(v))
        for a, v in zip(audio[1:], video[1:], strict=len(audio) == len(video))
    )
    if len(audio) != len(video) or len(slots) < SLOTS_MIN:
        raise OfferRefused("offer_malformed", "slots")
    if any(line.direction not in ("sendonly", "sendrecv") for line in (audio[0], video[0])):
        raise OfferRefused("offer_malformed", "direction")
    if any(line.direction != "recvonly" for line in audio[1:] + video[1:]):
        raise OfferRefused("offer_malformed", "direction")
    return Offer(
        ice=ice,
        fingerprints=_fingerprints(first.dtls.fingerprints),
        order=tuple(mids),
        own_audio=_media_line(audio[0]),
        own_video=_media_line(video[0]),
        slots=slots,
        data_mid=data[0].rtp.muxId,
        sctp_port=_sctp_port(data[0].sctp_port),
        own_low=_media_line(low) if low is not None else None,
    )


def _fingerprints(offered: list[RTCDtlsFingerprint]) -> list[RTCDtlsFingerprint]:
    known = [entry for entry in offered if entry.algorithm.lower() in ("sha-256", "sha-384", "sha-512")]
    if not known:
        raise OfferRefused("offer_malformed", "fingerprint")
    return known


def _sctp_port(port: int | None) -> int:
    if port is None or not 0 < port < 65536:
        raise OfferRefused("offer_malformed", "sctp-port")
    return port


def _is_token(mid: str) -> bool:
    return 0 < len(mid) <= 16 and mid.isascii() and mid.isalnum()


def _media_line(line: MediaDescription) -> MediaLine:
    codecs = line.rtp.codecs
    chosen = [entry for codec in codecs if (entry := _format(codec, codecs)) is not None]
    by_codec: dict[Codec, Format] = {}
    for entry in chosen:
        by_codec.setdefault(entry.codec, entry)
    if line.kind == "audio" and Codec.OPUS not in by_codec:
        raise OfferRefused("no_common_codec", "audio")
    if line.kind == "video" and not by_codec:
        raise OfferRefused("no_common_codec", "video")
    ssrc, rtx_ssrc = _sources(line)
    return MediaLine(
        mid=line.rtp.muxId,
        kind=line.kind,
        formats=tuple(by_codec.values()),
        twcc_id=_extension(line, TWCC_URI),
        ssrc=ssrc,
        rtx_ssrc=rtx_ssrc,
        level_id=_extension(line, LEVEL_URI),
    )


def _extension(line: MediaDescription, uri: str) -> int:
    """The id of a header extension; 0 if it is not offered in the one-byte form (RFC 8285 section 4.2)."""
    number = next((entry.id for entry in line.rtp.headerExtensions if entry.uri == uri), 0)
    return number if 1 <= number <= MAX_ONE_BYTE_EXTENSION_ID else 0


def _sources(line: MediaDescription) -> tuple[int, int]:
    """The SSRC of the media and of its retransmissions, as far as the offer names them."""
    for group in line.ssrc_group:
        if group.semantic == "FID" and len(group.items) == 2:
            return int(group.items[0]), int(group.items[1])
    return (line.ssrc[0].ssrc, 0) if line.ssrc else (0, 0)


def _format(codec: RTCRtpCodecParameters, codecs: list[RTCRtpCodecParameters]) -> Format | None:
    """The codec if we forward it, otherwise None. Each codec has one profile, which every browser supports."""
    name = codec.mimeType.lower()
    parameters = {str(key).lower(): str(value) for key, value in codec.parameters.items()}
    profile = parameters.get("profile-level-id", "").lower()
    wanted = {
        "audio/opus": codec.clockRate == AUDIO_CLOCK_RATE,
        "audio/red": codec.clockRate == AUDIO_CLOCK_RATE,
        "video/av1": parameters.get("profile", "0") == "0",
        "video/vp9": parameters.get("profile-id", "0") == "0",
        "video/vp8": True,
        # Constrained baseline with packetisation mode 1 is the H.264 that RFC 7742 obliges browsers to have.
        "video/h264": parameters.get("packetization-mode") == "1" and profile.startswith("42e0"),
    }.get(name, False)
    number = codec.payloadType
    if not wanted or number is None:
        return None
    return Format(
        codec=_CODECS[name],
        payload_type=number,
        rtx_payload_type=_rtx_of(number, codecs),
        parameters=";".join(f"{key}={value}" for key, value in codec.parameters.items() if value is not None)
        if name in ("video/av1", "video/vp9", "video/h264")
        else "",
        nack=any(feedback.type == "nack" and not feedback.parameter for feedback in codec.rtcpFeedback),
    )


def _rtx_of(payload_type: int, codecs: list[RTCRtpCodecParameters]) -> int:
    for codec in codecs:
        if codec.mimeType.lower() == "video/rtx" and str(codec.parameters.get("apt")) == str(payload_type):
            return codec.payloadType or 0
    return 0


_CODECS = {
    "audio/opus": Codec.OPUS,
    "audio/red": Codec.RED,
    "video/av1": Codec.AV1,
    "video/vp9": Codec.VP9,
    "video/vp8": Codec.VP8,
    "video/h264": Codec.H264,
}
