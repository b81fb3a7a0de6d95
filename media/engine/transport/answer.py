"""Composes the SDP answer of a leg. After it, no SDP is exchanged.

Owns: the content of the answer: the codecs and their order, thin audio by default, a low initial video rate,
transport-wide feedback, our candidates and the fixed SSRCs of the receive slots. Must never do I/O.
Standards: JSEP (RFC 9429), Opus (RFC 7587), RED (RFC 2198), RTX (RFC 4588).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from media.core.quality import VIDEO_PREFERENCE
from media.core.rtp import Codec
from media.engine.transport.datagrams import Address
from media.engine.transport.offer import TWCC_URI, Format, MediaLine, Offer

# 60 ms packets: at 20 ms the headers alone cost 24 kbit/s of the link.
PTIME_MS = 60
MAXPTIME_MS = 120
OPUS_PARAMETERS = "minptime=10;useinbandfec=1;usedtx=1;stereo=0;sprop-stereo=0;cbr=0;maxaveragebitrate=16000"
# Chromium starts video at 300 kbit/s and probes at three and six times that, which overloads a thin link in the
# first second. From this start rate, its congestion control grows by itself.
GOOGLE_START_KBPS = 60
GOOGLE_MIN_KBPS = 20
GOOGLE_MAX_KBPS = 1500


@dataclass(frozen=True)
class SlotSources:
    """The SSRCs of the streams of one receive slot."""

    audio_ssrc: int
    video_ssrc: int
    video_rtx_ssrc: int


@dataclass(frozen=True)
class Transport:
    """Our side of the transport: ICE credentials, candidates, certificate fingerprint."""

    username: str
    password: str
    fingerprint: str
    candidates: Sequence[tuple[Address, int]]  # address and ICE priority


def compose_answer(offer: Offer, transport: Transport, slots: Sequence[SlotSources], session_id: int) -> str:
    """The answer to `offer`; `slots` in the order of ``offer.slots``."""
    sections: dict[str, list[str]] = {
        offer.own_audio.mid: _own_audio(offer.own_audio),
        offer.own_video.mid: _own_video(offer.own_video),
        offer.data_mid: _data(offer),
    }
    if offer.own_low is not None:
        # Both lines give the same rates: Chromium takes those of the last m-line for the whole connection.
        sections[offer.own_low.mid] = _own_video(offer.own_low)
    for index, (lines, sources) in enumerate(zip(offer.slots, slots, strict=True)):
        stream = f"slot{index}"
        sections[lines.audio.mid] = _slot_audio(lines.audio, stream, sources.audio_ssrc)
        sections[lines.video.mid] = _slot_video(
            lines.video, stream, sources.video_ssrc, sources.video_rtx_ssrc
        )
    common = _common(transport)
    text = [
        "v=0",
        f"o=- {session_id} 1 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE " + " ".join(offer.order),
        "a=msid-semantic:WMS *",
    ]
    for index, mid in enumerate(offer.order):
        section = sections[mid]
        text += [section[0], "c=IN IP4 0.0.0.0", *common, f"a=mid:{mid}", *section[1:]]
        if index == 0:
            text += _candidates(transport.candidates)
    return "\r\n".join(text) + "\r\n"


def ordered_formats(line: MediaLine) -> list[Format]:
    """The formats of a video m-line, best at low rates first."""
    rank = {mime: index for index, mime in enumerate(VIDEO_PREFERENCE)}
    return sorted(line.formats, key=lambda entry: rank.get(entry.codec.value, len(rank)))


def _common(transport: Transport) -> list[str]:
    return [
        f"a=ice-ufrag:{transport.username}",
        f"a=ice-pwd:{transport.password}",
        f"a=fingerprint:{transport.fingerprint}",
        "a=setup:active",
    ]


def _candidates(candidates: Iterable[tuple[Address, int]]) -> list[str]:
    lines = [
        f"a=candidate:{index + 1} 1 udp {priority} {host} {port} typ host"
        for index, ((host, port), priority) in enumerate(candidates)
    ]
    return [*lines, "a=end-of-candidates"]


def _media(line: MediaLine, formats: Sequence[int], direction: str) -> list[str]:
    lines = [
        f"m={line.kind} 9 UDP/TLS/RTP/SAVPF " + " ".join(map(str, formats)),
        f"a={direction}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
    ]
    if line.twcc_id:
        lines.append(f"a=extmap:{line.twcc_id} {TWCC_URI}")
    return lines


def _audio_codecs(line: MediaLine) -> tuple[list[int], list[str]]:
    """Payload types and attribute lines: Opus first, then RED."""
    payload_types: list[int] = []
    lines: list[str] = []
    for entry in sorted(line.formats, key=lambda entry: entry.codec != Codec.OPUS):
        number = entry.payload_type
        payload_types.append(number)
        if entry.codec == Codec.OPUS:
            lines += [f"a=rtpmap:{number} opus/48000/2", f"a=fmtp:{number} {OPUS_PARAMETERS}"]
            opus = number
            if line.twcc_id:
                lines.append(f"a=rtcp-fb:{number} transport-cc")
            if entry.nack:
                lines.append(f"a=rtcp-fb:{number} nack")
        elif entry.codec == Codec.RED:
            lines += [f"a=rtpmap:{number} red/48000/2", f"a=fmtp:{number} {opus}/{opus}"]
    return payload_types, lines


def _own_audio(line: MediaLine) -> list[str]:
    payload_types, lines = _audio_codecs(line)
    packet_time = [f"a=ptime:{PTIME_MS}", f"a=maxptime:{MAXPTIME_MS}"]
    return _media(line, payload_types, "recvonly") + lines + packet_time


def _slot_audio(line: MediaLine, stream: str, ssrc: int) -> list[str]:
    payload_types, lines = _audio_codecs(line)
    return [
        *_media(line, payload_types, "sendonly"),
        *lines,
        f"a=msid:{stream} {stream}-audio",
        f"a=ssrc:{ssrc} cname:{stream}",
    ]


def _video_codecs(line: MediaLine, extra: str) -> tuple[list[int], list[str]]:
    payload_types: list[int] = []
    lines: list[str] = []
    for entry in ordered_formats(line):
        number = entry.payload_type
        payload_types.append(number)
        lines.append(f"a=rtpmap:{number} {entry.codec.value.split('/')[1]}/90000")
        feedback = ["nack", "nack pli", "ccm fir"]
        if line.twcc_id:
            feedback.append("transport-cc")
        lines += [f"a=rtcp-fb:{number} {value}" for value in feedback]
        parameters = ";".join(part for part in (entry.parameters, extra) if part)
        if parameters:
            lines.append(f"a=fmtp:{number} {parameters}")
        if entry.rtx_payload_type:
            payload_types.append(entry.rtx_payload_type)
            lines.append(f"a=rtpmap:{entry.rtx_payload_type} rtx/90000")
            lines.append(f"a=fmtp:{entry.rtx_payload_type} apt={number}")
    return payload_types, lines


def _own_video(line: MediaLine) -> list[str]:
    rates = (
        f"x-google-start-bitrate={GOOGLE_START_KBPS};x-google-min-bitrate={GOOGLE_MIN_KBPS};"
        f"x-google-max-bitrate={GOOGLE_MAX_KBPS}"
    )
    payload_types, lines = _video_codecs(line, rates)
    return _media(line, payload_types, "recvonly") + lines


def _slot_video(line: MediaLine, stream: str, ssrc: int, rtx_ssrc: int) -> list[str]:
    """A slot's picture, in a stream of its own.

    If voice and picture shared a stream, the browser would synchronise them and delay the voice for retransmitted
    pictures, at 10 % loss by more than half a second. Voice comes first; both differ by less than 200 ms.
    """
    payload_types, lines = _video_codecs(line, "")
    return [
        *_media(line, payload_types, "sendonly"),
        *lines,
        f"a=msid:{stream}-picture {stream}-video",
        f"a=ssrc-group:FID {ssrc} {rtx_ssrc}",
        f"a=ssrc:{ssrc} cname:{stream}",
        f"a=ssrc:{rtx_ssrc} cname:{stream}",
    ]


def _data(offer: Offer) -> list[str]:
    return [
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        f"a=sctp-port:{offer.sctp_port}",
        "a=max-message-size:65536",
    ]
