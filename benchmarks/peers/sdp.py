"""The SDP of a synthetic leg: an offer like the page's, and the values that it needs from the answer.

Owns: the m-lines of the pages (own audio, own video, receive slots, one data channel) with Chromium's payload
types, and the reading of our own server's answers. Must never read SDP of unknown origin. Standards: SDP (RFC
8866), JSEP (RFC 9429).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Chromium's payload types, so that captures of synthetic and real legs look the same.
OPUS = 111
RED = 63
VP8 = 96
VP8_RTX = 97
AV1 = 45
AV1_RTX = 46
TWCC_ID = 3
_TWCC_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"


@dataclass(frozen=True)
class OwnSources:
    """The SSRCs of a leg's own streams; ``low``: of its small picture (0: it has no simulcast)."""

    audio: int
    video: int
    video_rtx: int
    low: int = 0
    low_rtx: int = 0


@dataclass(frozen=True)
class SlotSsrcs:
    """The SSRCs that the answer announces for one receive slot."""

    audio: int
    video: int
    video_rtx: int


@dataclass(frozen=True)
class Answer:
    """The values of the server's answer. ``fingerprint`` is the SHA-256 fingerprint in upper case."""

    username: str
    password: str
    fingerprint: str
    candidates: tuple[tuple[str, int], ...]
    slots: tuple[SlotSsrcs, ...]


def compose_offer(
    *, username: str, password: str, fingerprint: str, sources: OwnSources, slots: int, twcc: bool = True
) -> str:
    """An offer with `slots` receive slots; without `twcc` the leg does not offer transport-wide feedback."""
    transport = [
        "c=IN IP4 0.0.0.0",
        f"a=ice-ufrag:{username}",
        f"a=ice-pwd:{password}",
        f"a=fingerprint:sha-256 {fingerprint}",
        "a=setup:actpass",
    ]
    audio, video = _audio(twcc), _video(twcc)
    sections = [
        [*audio, "a=sendonly", f"a=ssrc:{sources.audio} cname:synthetic"],
        [*video, "a=sendonly", *_sources(sources.video, sources.video_rtx)],
    ]
    for _ in range(slots):
        sections += [[*audio, "a=recvonly"], [*video, "a=recvonly"]]
    if sources.low:
        sections.append([*video, "a=sendonly", *_sources(sources.low, sources.low_rtx)])
    sections.append(["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=sctp-port:5000"])
    mids = " ".join(str(mid) for mid in range(len(sections)))
    lines = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mids}"]
    for mid, section in enumerate(sections):
        lines += [section[0], *transport, f"a=mid:{mid}", *section[1:]]
    return "\r\n".join(lines) + "\r\n"


def _sources(ssrc: int, rtx_ssrc: int) -> list[str]:
    return [
        f"a=ssrc-group:FID {ssrc} {rtx_ssrc}",
        f"a=ssrc:{ssrc} cname:synthetic",
        f"a=ssrc:{rtx_ssrc} cname:synthetic",
    ]


def _audio(twcc: bool) -> list[str]:
    lines = [
        f"m=audio 9 UDP/TLS/RTP/SAVPF {OPUS} {RED}",
        "a=rtcp-mux",
        f"a=rtpmap:{OPUS} opus/48000/2",
        f"a=fmtp:{OPUS} minptime=10;useinbandfec=1",
        f"a=rtpmap:{RED} red/48000/2",
        f"a=fmtp:{RED} {OPUS}/{OPUS}",
    ]
    return [*lines, f"a=extmap:{TWCC_ID} {_TWCC_URI}", f"a=rtcp-fb:{OPUS} transport-cc"] if twcc else lines


def _video(twcc: bool) -> list[str]:
    lines = [f"m=video 9 UDP/TLS/RTP/SAVPF {VP8} {VP8_RTX} {AV1} {AV1_RTX}", "a=rtcp-mux"]
    for codec, number, rtx in (("VP8", VP8, VP8_RTX), ("AV1", AV1, AV1_RTX)):
        lines += [
            f"a=rtpmap:{number} {codec}/90000",
            f"a=rtcp-fb:{number} ccm fir",
            f"a=rtcp-fb:{number} nack",
            f"a=rtcp-fb:{number} nack pli",
            f"a=rtpmap:{rtx} rtx/90000",
            f"a=fmtp:{rtx} apt={number}",
        ]
        if twcc:
            lines.append(f"a=rtcp-fb:{number} transport-cc")
    return [*lines, f"a=extmap:{TWCC_ID} {_TWCC_URI}"] if twcc else lines


def read_answer(sdp: str) -> Answer:
    """Read an answer of our own server. Raises ValueError if a part is missing."""
    head, *sections = _sections(sdp)
    transport = sections[0] if sections else head
    candidates: list[tuple[str, int]] = []
    for line in transport:
        if line.startswith("a=candidate:"):
            fields = line.split()
            candidates.append((fields[4], int(fields[5])))
    sending = [section for section in sections if "a=sendonly" in section]
    audio = [section for section in sending if section[0].startswith("m=audio")]
    video = [section for section in sending if section[0].startswith("m=video")]
    return Answer(
        username=_value(transport, "a=ice-ufrag:"),
        password=_value(transport, "a=ice-pwd:"),
        fingerprint=_value(transport, "a=fingerprint:sha-256 ").upper(),
        candidates=tuple(candidates),
        slots=tuple(_slot(a, v) for a, v in zip(audio, video, strict=True)),
    )


def _sections(sdp: str) -> list[list[str]]:
    sections: list[list[str]] = [[]]
    for line in sdp.splitlines():
        if line.startswith("m="):
            sections.append([])
        sections[-1].append(line)
    return sections


def _value(lines: Sequence[str], prefix: str) -> str:
    for line in lines:
        if line.startswith(prefix):
            return line[len(prefix) :]
    raise ValueError(f"no {prefix} in the answer")


def _slot(audio: Sequence[str], video: Sequence[str]) -> SlotSsrcs:
    media, rtx = _value(video, "a=ssrc-group:FID ").split()
    return SlotSsrcs(int(_value(audio, "a=ssrc:").split()[0]), int(media), int(rtx))
