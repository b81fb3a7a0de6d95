"""Any RTCP of a peer: only the documented error, bounded work, and no error in a sender."""

from __future__ import annotations

from media.core.estimate import TwccSender
from media.core.rtp import rtcp
from tests.fuzz.harness import fuzz

BLOCK = rtcp.ReportBlock(0x1234, 12, 34, 70_000, 99, 0xAABBCCDD, 4_000)
ARRIVALS: list[tuple[int, int | None]] = [
    (65_530 + n & 0xFFFF, None if n % 5 == 3 else 6_400_000 + n * 20_000 + n % 3 * 90_000) for n in range(60)
]
SEEDS = [
    rtcp.build(
        [
            rtcp.SenderReport(1, 0xE0000000_80000000, 160_000, 500, 60_000, [BLOCK]),
            rtcp.SourceDescription(1, "a1b2c3d4e5f6"),
        ]
    ),
    rtcp.build([rtcp.ReceiverReport(1, [BLOCK, BLOCK]), rtcp.Nack(1, 2, [65_533, 65_535, 4, 90])]),
    rtcp.build([rtcp.ReceiverReport(1, []), rtcp.Pli(1, 2)]),
    rtcp.build([rtcp.Fir(1, [(2, 7), (3, 8)]), rtcp.Bye([1])]),
    rtcp.build([rtcp.Remb(1, 123_456, [2, 3])]),
    rtcp.build([rtcp.TransportFeedback(1, 2, 65_530, 3, ARRIVALS)]),
    rtcp.build([rtcp.TransportFeedback(1, 2, 65_530, 4, [(65_530 + n, 6_400_000) for n in range(6)])]),
]


def test_parsing_raises_only_its_documented_error(fuzz_inputs: int) -> None:
    accepted = fuzz(rtcp.parse, SEEDS, rtcp.RtcpError, fuzz_inputs, rng_seed=3550, name="rtcp")
    assert accepted > len(SEEDS)


def test_feedback_that_parses_raises_no_error_in_a_sender(fuzz_inputs: int) -> None:
    sender = TwccSender(first_sequence=65_000)
    clock_us = 0

    def rtcp_feedback(data: bytes) -> None:
        nonlocal clock_us
        clock_us += 10_000
        sender.next(clock_us, 120)
        for packet in rtcp.parse(data):
            if isinstance(packet, rtcp.TransportFeedback):
                assert len(packet.packets) <= rtcp.MAX_FEEDBACK_STATUSES
                assert len(sender.on_feedback(packet, clock_us)) <= len(packet.packets)

    assert fuzz(rtcp_feedback, SEEDS, rtcp.RtcpError, fuzz_inputs, rng_seed=15) > len(SEEDS)


def test_packets_that_parse_and_can_be_written_are_read_back_unchanged(fuzz_inputs: int) -> None:
    def rtcp_again(data: bytes) -> None:
        packets = rtcp.parse(data)
        for packet in packets:
            if isinstance(packet, rtcp.Unknown):
                continue
            (again,) = rtcp.parse(packet.encode())
            # Exceptions: clocks below zero and repeated NACK numbers cannot be written the same way.
            if not isinstance(packet, rtcp.TransportFeedback | rtcp.Nack):
                assert again == packet

    # encode() refuses, with the same error, feedback in which nothing was received.
    assert fuzz(rtcp_again, SEEDS, rtcp.RtcpError, fuzz_inputs, rng_seed=16) > len(SEEDS)
