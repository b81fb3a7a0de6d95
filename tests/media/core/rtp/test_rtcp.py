"""RTCP: what is written reads back, other implementations agree, and hostile bytes cost nothing."""

from __future__ import annotations

import pytest
from aiortc.rtp import (
    RtcpByePacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSrPacket,
    unpack_remb_fci,
)
from aiortc.rtp import RtcpPacket as PeerPacket
from hypothesis import given, settings
from hypothesis import strategies as st

from media.core.rtp import rtcp

u8 = st.integers(0, 0xFF)
u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)

blocks = st.builds(
    rtcp.ReportBlock,
    ssrc=u32,
    fraction_lost=u8,
    cumulative_lost=st.integers(-0x800000, 0x7FFFFF),
    highest_sequence=u32,
    jitter=u32,
    last_sr=u32,
    delay_since_last_sr=u32,
)
block_lists = st.lists(blocks, max_size=31)


@st.composite
def nacks(draw: st.DrawFn) -> rtcp.Nack:
    first = draw(u16)
    steps = draw(st.lists(st.integers(1, 40), max_size=100))
    lost = [first]
    for step in steps:
        lost.append((lost[-1] + step) & 0xFFFF)
    return rtcp.Nack(draw(u32), draw(u32), lost)


@st.composite
def rembs(draw: st.DrawFn) -> rtcp.Remb:
    mantissa, exponent = draw(st.integers(0, 0x3FFFF)), draw(st.integers(0, 45))
    return rtcp.Remb(draw(u32), mantissa << exponent, draw(st.lists(u32, max_size=8)))


@st.composite
def feedbacks(draw: st.DrawFn) -> rtcp.TransportFeedback:
    base = draw(u16)
    arrival = draw(st.integers(0, (1 << 24) * 256 - 1)) // 2  # in 250 µs, away from the end of the clock
    steps = draw(
        st.lists(
            st.one_of(st.none(), st.integers(0, 300), st.integers(-0x8000, 0x7FFF), st.just(3)),
            min_size=0,
            max_size=120,
        )
    )
    repeats = draw(st.integers(1, 20))
    packets: list[tuple[int, int | None]] = [(base, arrival * 250)]
    for step in steps:
        for _ in range(repeats if step in (None, 3) else 1):
            if step is not None:
                arrival = max(0, arrival + step)
            packets.append(((base + len(packets)) & 0xFFFF, None if step is None else arrival * 250))
    return rtcp.TransportFeedback(draw(u32), draw(u32), base, draw(u8), packets)


outgoing: st.SearchStrategy[rtcp.RtcpOutgoing] = st.one_of(
    st.builds(rtcp.SenderReport, u32, st.integers(0, 2**64 - 1), u32, u32, u32, block_lists),
    st.builds(rtcp.ReceiverReport, u32, block_lists),
    st.builds(rtcp.SourceDescription, u32, st.text(max_size=60)),
    st.builds(rtcp.Bye, st.lists(u32, max_size=31)),
    nacks(),
    st.builds(rtcp.Pli, u32, u32),
    st.builds(rtcp.Fir, u32, st.lists(st.tuples(u32, u8), max_size=10)),
    rembs(),
    feedbacks(),
)


@settings(deadline=None)
@given(st.lists(outgoing, min_size=1, max_size=5))
def test_what_is_built_parses_to_the_same_packets(packets: list[rtcp.RtcpOutgoing]) -> None:
    data = rtcp.build(packets)
    assert len(data) % 4 == 0
    assert rtcp.parse(data) == packets


def test_another_implementation_reads_our_reports() -> None:
    block = rtcp.ReportBlock(7, 25, -3, 70_000, 12, 0xABCD1234, 65_536)
    data = rtcp.build(
        [
            rtcp.SenderReport(1, 0x1122334455667788, 90_000, 10, 1_000, [block]),
            rtcp.ReceiverReport(2, [block]),
            rtcp.SourceDescription(1, "kɛnɛya"),
            rtcp.Bye([1, 2]),
        ]
    )
    report, receiver, description, bye = PeerPacket.parse(data)
    assert isinstance(report, RtcpSrPacket)
    assert isinstance(receiver, RtcpRrPacket)
    assert isinstance(description, RtcpSdesPacket)
    assert isinstance(bye, RtcpByePacket)
    assert (report.ssrc, report.sender_info.ntp_timestamp) == (1, 0x1122334455667788)
    assert report.sender_info.rtp_timestamp == 90_000
    assert (report.sender_info.packet_count, report.sender_info.octet_count) == (10, 1_000)
    (seen,) = receiver.reports
    assert (seen.ssrc, seen.fraction_lost, seen.packets_lost, seen.highest_sequence) == (7, 25, -3, 70_000)
    assert (seen.jitter, seen.lsr, seen.dlsr) == (12, 0xABCD1234, 65_536)
    assert description.chunks[0].items == [(1, "kɛnɛya".encode())]
    assert bye.sources == [1, 2]


def test_another_implementation_reads_our_feedback() -> None:
    data = rtcp.build(
        [rtcp.Nack(1, 2, [300, 316, 317, 65_530]), rtcp.Pli(1, 2), rtcp.Remb(1, 100_000, [2, 3])]
    )
    nack, pli, remb = PeerPacket.parse(data)
    assert isinstance(nack, RtcpRtpfbPacket)
    assert isinstance(pli, RtcpPsfbPacket)
    assert isinstance(remb, RtcpPsfbPacket)
    assert nack.lost == [300, 316, 317, 65_530]
    assert (pli.fmt, pli.ssrc, pli.media_ssrc) == (1, 1, 2)
    assert unpack_remb_fci(remb.fci) == (100_000, [2, 3])


def test_we_read_what_another_implementation_writes() -> None:
    lost = [10, 11, 27, 28, 4_000]
    data = bytes(RtcpRtpfbPacket(fmt=1, ssrc=5, media_ssrc=6, lost=lost)) + bytes(RtcpByePacket(sources=[5]))
    assert rtcp.parse(data) == [rtcp.Nack(5, 6, lost), rtcp.Bye([5])]


def test_transport_feedback_is_laid_out_as_in_the_draft() -> None:
    # Base 5, three statuses, reference 2 * 64 ms, count 9: received +1 tick, lost, received 300 ticks later.
    feedback = rtcp.TransportFeedback(1, 2, 5, 9, [(5, 128_250), (6, None), (7, 203_250)])
    body = "0005 0003 000002 09" + "d200" + "01" + "012c"  # two-bit vector 01 00 10, then the differences
    expected = bytes.fromhex("afcd0006 00000001 00000002" + body) + b"\x00\x00\x03"
    assert feedback.encode() == expected
    assert rtcp.parse(expected) == [feedback]


def test_run_lengths_and_one_bit_vectors_are_read() -> None:
    # A run of 3 received, then a one-bit vector: received, lost, received.
    body = bytes.fromhex("fffe 0006 000000 00" + "2003" + "a800" + "04 04 04 04 04")
    data = bytes.fromhex("8fcd0007 00000001 00000002") + body + b"\x00\x00\x00"
    (feedback,) = rtcp.parse(data)
    assert isinstance(feedback, rtcp.TransportFeedback)
    assert feedback.packets == [
        (65_534, 1_000),
        (65_535, 2_000),
        (0, 3_000),
        (1, 4_000),
        (2, None),
        (3, 5_000),
    ]


def test_an_arrival_before_its_neighbour_has_a_negative_difference() -> None:
    feedback = rtcp.TransportFeedback(1, 2, 5, 0, [(5, 640_000), (6, 600_000)])
    assert rtcp.parse(feedback.encode()) == [feedback]


def test_extensions_after_a_report_are_ignored() -> None:
    report = bytearray(rtcp.ReceiverReport(1, []).encode()) + b"\x01\x02\x03\x04"
    report[3] += 1
    assert rtcp.parse(bytes(report)) == [rtcp.ReceiverReport(1, [])]


def test_unused_types_and_formats_are_named_and_not_refused() -> None:
    extended_report = bytes.fromhex("80cf0001 00000001")
    other_format = bytes.fromhex("83cd0002 00000001 00000002")
    assert rtcp.parse(extended_report + other_format) == [rtcp.Unknown(207), rtcp.Unknown(205)]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("", id="nothing"),
        pytest.param("80c9", id="half a header"),
        pytest.param("40c90001 00000001", id="version 1"),
        pytest.param("80c90002 00000001", id="length beyond the datagram"),
        pytest.param("81c90001 00000001", id="a block that is not there"),
        pytest.param("80c80001 00000001", id="sender report without sender info"),
        pytest.param("a0c90001 00000000", id="padding of nothing"),
        pytest.param("a0c90001 00000009", id="padding beyond the packet"),
        pytest.param("81ca0002 00000001 01ff6162", id="CNAME beyond the packet"),
        pytest.param("81ca0002 00000001 01026162", id="SDES items without an end"),
        pytest.param("82cb0001 00000001", id="BYE of a source that is not there"),
        pytest.param("81cd0001 00000001", id="feedback without media SSRC"),
        pytest.param("84ce0003 00000001 00000000 00000002", id="half a FIR entry"),
        pytest.param("8fce0004 00000001 00000000 52454d42 02000001", id="REMB sources that are not there"),
        pytest.param("8fce0004 00000001 00000000 52454d42 00ffffff", id="REMB beyond any rate"),
        pytest.param("8fcd0004 00000001 00000002 00050000 00000000", id="feedback about no packet"),
        pytest.param("8fcd0004 00000001 00000002 00050001 00000000", id="feedback without chunks"),
        pytest.param("8fcd0005 00000001 00000002 00050001 00000000 20010000"[:-4], id="odd length"),
        pytest.param("8fcd0005 00000001 00000002 00050001 00000000 60010000", id="reserved status"),
        pytest.param("8fcd0005 00000001 00000002 00050001 00000000 20000000", id="run of nothing"),
        pytest.param("8fcd0005 00000001 00000002 00050003 00000000 20030101", id="differences missing"),
        pytest.param("8fcd0005 00000001 00000002 0005ffff 00000000 1fff1fff", id="too many statuses"),
    ],
)
def test_malformed_bytes_raise_the_one_documented_error(data: str) -> None:
    with pytest.raises(rtcp.RtcpError):
        rtcp.parse(bytes.fromhex(data))


def test_a_nack_for_too_many_packets_is_refused() -> None:
    greedy = rtcp.build([rtcp.Nack(1, 2, list(range(rtcp.MAX_NACK_NUMBERS)))])
    assert len(rtcp.parse(greedy)) == 1
    too_greedy = rtcp.build([rtcp.Nack(1, 2, list(range(rtcp.MAX_NACK_NUMBERS + 1)))])
    with pytest.raises(rtcp.RtcpError):
        rtcp.parse(too_greedy)


def test_a_datagram_of_very_many_packets_is_refused() -> None:
    pli = rtcp.Pli(1, 2).encode()
    assert len(rtcp.parse(pli * rtcp.MAX_PACKETS)) == rtcp.MAX_PACKETS
    with pytest.raises(rtcp.RtcpError):
        rtcp.parse(pli * (rtcp.MAX_PACKETS + 1))


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(rtcp.ReceiverReport(1, [rtcp.ReportBlock(1)] * 32), id="32 blocks"),
        pytest.param(rtcp.Bye([1] * 32), id="32 sources"),
        pytest.param(rtcp.SourceDescription(1, "x" * 256), id="long CNAME"),
        pytest.param(rtcp.Remb(1, 2**63, []), id="REMB too high"),
        pytest.param(rtcp.TransportFeedback(1, 2, 0, 0, [(0, None)]), id="nothing received"),
        pytest.param(rtcp.TransportFeedback(1, 2, 0, 0, [(0, 0), (1, 9_000_000)]), id="9 s apart"),
    ],
)
def test_values_that_do_not_fit_are_refused(packet: rtcp.RtcpOutgoing) -> None:
    with pytest.raises(rtcp.RtcpError):
        packet.encode()
