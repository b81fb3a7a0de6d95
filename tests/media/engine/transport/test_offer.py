"""What a leg reads from an offer; every faulty offer is refused with one error."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.peers import sdp
from media.core.rtp import Codec
from media.engine.transport.errors import OfferRefused
from media.engine.transport.offer import read_offer

CHROMIUM = (Path(__file__).parent / "data" / "chromium_offer.sdp").read_bytes().decode("ascii")
SYNTHETIC = sdp.compose_offer(
    username="abcd",
    password="p" * 22,
    fingerprint=":".join(["AB"] * 32),
    sources=sdp.OwnSources(11, 22, 33),
    slots=2,
)


def test_a_real_chromium_offer_is_read() -> None:
    offer = read_offer(CHROMIUM)
    assert offer.order == tuple("012345678")
    assert len(offer.slots) == 3
    assert (offer.own_audio.mid, offer.own_video.mid, offer.data_mid) == ("0", "1", "8")
    assert offer.own_audio.ssrc == 600270882
    assert offer.own_video.ssrc
    assert offer.own_video.rtx_ssrc
    assert offer.twcc_id == 3
    assert offer.sctp_port == 5000
    assert offer.ice.usernameFragment == "Tlug"
    assert [entry.algorithm for entry in offer.fingerprints] == ["sha-256"]


def test_chromiums_codecs_are_all_four_with_their_retransmissions() -> None:
    video = {entry.codec: entry for entry in read_offer(CHROMIUM).own_video.formats}
    assert {codec: video[codec].payload_type for codec in video} == {
        Codec.VP8: 96,
        Codec.VP9: 98,
        Codec.AV1: 45,
        Codec.H264: 108,
    }
    assert {video[codec].rtx_payload_type for codec in video} == {97, 99, 46, 109}
    audio = {entry.codec: entry.payload_type for entry in read_offer(CHROMIUM).own_audio.formats}
    assert audio == {Codec.OPUS: 111, Codec.RED: 63}


def test_a_synthetic_offer_is_read() -> None:
    offer = read_offer(SYNTHETIC)
    assert (offer.own_audio.ssrc, offer.own_video.ssrc, offer.own_video.rtx_ssrc) == (11, 22, 33)
    assert len(offer.slots) == 2


def without(prefix: str) -> Callable[[str], str]:
    return lambda text: re.sub(rf"(?m)^{re.escape(prefix)}.*\r\n", "", text)


def swapped(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


REFUSED: dict[str, Callable[[str], str]] = {
    "nothing": lambda _: "",
    "not sdp": lambda _: "hello\r\n",
    "no m-lines": lambda text: text.split("m=")[0],
    "no BUNDLE": without("a=group:BUNDLE"),
    "BUNDLE of another order": swapped("BUNDLE 0 1", "BUNDLE 1 0"),
    "no mids": without("a=mid:"),
    "equal mids": swapped("a=mid:1", "a=mid:0"),
    "a mid that is no token": swapped("a=mid:0\r\n", "a=mid:0 0\r\n"),
    "no fingerprint": without("a=fingerprint:"),
    "a weak fingerprint": swapped("fingerprint:sha-256", "fingerprint:sha-1"),
    "no password": without("a=ice-pwd:"),
    "no user name": without("a=ice-ufrag:"),
    "active": swapped("a=setup:actpass", "a=setup:active"),
    "no rtcp-mux": without("a=rtcp-mux"),
    "no data channel": lambda text: text[: text.index("m=application")],
    "two data channels": lambda text: text + text[text.index("m=application") :],
    "data channel on no port": swapped("a=sctp-port:5000", "a=sctp-port:0"),
    "data channel on a port that is none": swapped("a=sctp-port:5000", "a=sctp-port:70000"),
    "data channel on a port in letters": swapped("a=sctp-port:5000", "a=sctp-port:five"),
    "no microphone to send": swapped("a=sendonly", "a=inactive"),
    "slots that would send": swapped("a=recvonly", "a=sendrecv"),
    "no slot": lambda text: (
        text[: text.index("a=group")]
        + "a=group:BUNDLE 0 1 8\r\n"
        + text[text.index("m=") : text.index("a=mid:2")].rsplit("m=", 1)[0]
        + text[text.index("m=application") :]
    ),
    "no Opus": swapped("opus/48000", "speex/48000"),
    "no picture we know": lambda text: re.sub(r"(VP8|VP9|AV1|H264)/90000", "H263/90000", text),
    "a payload type that is no number": swapped("a=rtpmap:111", "a=rtpmap:eleven"),
    "an ssrc that is no number": lambda text: re.sub(r"a=ssrc:\d+", "a=ssrc:many", text),
    "a kind of its own": swapped("m=application", "m=hologram"),
    "too many m-lines": lambda text: text + text[text.index("m=audio") :] * 3,
}


@pytest.mark.parametrize("fault", REFUSED)
def test_an_offer_with_a_fault_is_refused_with_the_one_error(fault: str) -> None:
    changed = REFUSED[fault](CHROMIUM)
    assert changed != CHROMIUM
    with pytest.raises(OfferRefused):
        read_offer(changed)


def test_a_refusal_never_repeats_what_was_offered() -> None:
    with pytest.raises(OfferRefused) as refused:
        read_offer(CHROMIUM.replace("a=sctp-port:5000", "a=sctp-port:secret"))
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_an_offer_without_retransmission_or_feedback_is_still_served() -> None:
    plain = re.sub(r"a=(rtcp-fb|extmap|ssrc-group|ssrc|fmtp):[^\r]*\r\n", "", SYNTHETIC)
    offer = read_offer(plain)
    assert offer.twcc_id == 0
    assert (offer.own_video.ssrc, offer.own_video.rtx_ssrc) == (0, 0)
    assert all(entry.rtx_payload_type == 0 for entry in offer.own_video.formats)


def test_a_two_byte_extension_id_is_not_used() -> None:
    assert read_offer(SYNTHETIC.replace("a=extmap:3 ", "a=extmap:15 ")).twcc_id == 0
