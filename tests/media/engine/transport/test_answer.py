"""The answer to a browser: it mirrors the offer, asks for thin audio, and fixes the slots."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiortc.sdp import SessionDescription

from media.engine.transport.answer import SlotSources, Transport, compose_answer, ordered_formats
from media.engine.transport.offer import read_offer

OFFER = read_offer((Path(__file__).parent / "data" / "chromium_offer.sdp").read_bytes().decode("ascii"))
TRANSPORT = Transport(
    username="u" * 16,
    password="p" * 32,
    fingerprint="sha-256 " + ":".join(["AB"] * 32),
    candidates=[(("192.0.2.7", 8081), 2_130_706_431), (("2001:db8::7", 8081), 2_130_706_430)],
)
SLOTS = [SlotSources(100 + index, 200 + index, 300 + index) for index in range(3)]
ANSWER = compose_answer(OFFER, TRANSPORT, SLOTS, 7)


@pytest.fixture
def sections() -> dict[str, list[str]]:
    """Lines of each m-section by mid."""
    found = ["m=" + part for part in ANSWER.split("m=")[1:] if "\r\na=mid:" in part]
    return {part.split("a=mid:")[1].split("\r\n")[0]: part.splitlines() for part in found}


def test_the_m_lines_mirror_the_offer_in_kind_and_order() -> None:
    parsed = SessionDescription.parse(ANSWER)
    assert [line.rtp.muxId for line in parsed.media] == list(OFFER.order)
    assert [line.kind for line in parsed.media] == ["audio", "video"] * 4 + ["application"]
    assert [(group.semantic, list(group.items)) for group in parsed.group] == [("BUNDLE", list(OFFER.order))]


def test_the_browser_sends_on_its_own_lines_and_receives_on_the_slots() -> None:
    directions = [line.direction for line in SessionDescription.parse(ANSWER).media[:8]]
    assert directions == ["recvonly"] * 2 + ["sendonly"] * 6


def test_every_section_carries_the_transport(sections: dict[str, list[str]]) -> None:
    for lines in sections.values():
        assert f"a=ice-ufrag:{TRANSPORT.username}" in lines
        assert f"a=ice-pwd:{TRANSPORT.password}" in lines
        assert f"a=fingerprint:{TRANSPORT.fingerprint}" in lines
        assert "a=setup:active" in lines


def test_the_candidates_of_both_families_stand_in_the_first_section(sections: dict[str, list[str]]) -> None:
    candidates = [line for line in sections["0"] if line.startswith("a=candidate:")]
    assert [line.split()[4] for line in candidates] == ["192.0.2.7", "2001:db8::7"]
    assert "a=end-of-candidates" in sections["0"]
    assert ANSWER.count("a=candidate:") == 2


def test_the_answer_asks_for_a_thin_voice(sections: dict[str, list[str]]) -> None:
    own = sections["0"]
    assert "a=ptime:60" in own
    assert "a=maxptime:120" in own
    fmtp = next(line for line in own if line.startswith("a=fmtp:111"))
    for parameter in ("usedtx=1", "useinbandfec=1", "stereo=0", "maxaveragebitrate=16000"):
        assert parameter in fmtp
    assert own[0].endswith(" 111 63")


def test_pictures_start_low_and_best_codecs_first(sections: dict[str, list[str]]) -> None:
    own = sections["1"]
    assert own[0].split()[3:] == ["45", "46", "98", "99", "96", "97", "108", "109"]
    for number in ("45", "98", "96", "108"):
        fmtp = next(line for line in own if line.startswith(f"a=fmtp:{number} "))
        assert "x-google-start-bitrate=60" in fmtp
    assert [entry.payload_type for entry in ordered_formats(OFFER.own_video)] == [45, 98, 96, 108]


def test_the_slots_name_their_sources(sections: dict[str, list[str]]) -> None:
    for index, (audio, video) in enumerate((("2", "3"), ("4", "5"), ("6", "7"))):
        assert f"a=ssrc:{100 + index} cname:slot{index}" in sections[audio]
        assert f"a=ssrc-group:FID {200 + index} {300 + index}" in sections[video]
        assert f"a=msid:slot{index} slot{index}-audio" in sections[audio]
        assert f"a=msid:slot{index}-picture slot{index}-video" in sections[video]


def test_only_transport_wide_feedback_is_asked_for_never_remb() -> None:
    assert "transport-cc" in ANSWER
    assert "goog-remb" not in ANSWER
    assert ANSWER.count("transport-wide-cc-extensions") == 8


def test_nothing_of_the_answer_needs_a_second_datagram_when_compressed() -> None:
    # Offers compress to 1 kB; an answer that grew tenfold would cost a 2G link seconds.
    assert len(ANSWER.encode()) < 12_000
