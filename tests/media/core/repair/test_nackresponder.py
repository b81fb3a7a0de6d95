"""Retransmission of lost packets: once a round trip, inside a budget."""

from __future__ import annotations

from media.core.repair.nackresponder import DEFAULT_PACKET_BYTES, NackResponder

RTT = 200.0


def test_a_packet_is_sent_again_at_most_once_in_a_round_trip() -> None:
    responder = NackResponder()
    assert responder.allow(5, 0.0, RTT)
    assert not responder.allow(5, 100.0, RTT)
    assert responder.allow(6, 100.0, RTT)
    assert responder.allow(5, 160.0, RTT), "three quarters of a round trip suffice: its time varies"
    assert responder.refused == 1


def test_retransmissions_stay_inside_the_byte_budget() -> None:
    responder = NackResponder(budget_bytes_per_s=10_000)
    sent = sum(1_000 for n in range(10_000) if responder.allow(n, n * 1.0, RTT, 1_000))
    # Ten seconds at 10,000 bytes a second, and half a second of saved budget.
    assert 95_000 <= sent <= 105_000


def test_a_small_budget_still_lets_a_full_packet_through() -> None:
    responder = NackResponder(budget_bytes_per_s=100)
    assert responder.allow(1, 0.0, RTT, DEFAULT_PACKET_BYTES)
    assert not responder.allow(2, 0.0, RTT, DEFAULT_PACKET_BYTES)
    assert responder.allow(2, 12_000.0, RTT, DEFAULT_PACKET_BYTES)
