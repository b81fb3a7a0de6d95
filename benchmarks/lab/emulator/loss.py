"""Packet loss of an emulated link: independent, or in bursts (Gilbert 1960, Elliott 1963).

Owns: the decision whether a packet is lost on the air. Must never read a clock or make its own randomness: a seeded
`random.Random` is an argument. Both processes advance by packets, not by time, so that the loss and the burst
length approach their configured means with any traffic.
"""

from __future__ import annotations

import random
from typing import Protocol


class LossProcess(Protocol):
    """Decides for one packet after the other."""

    def lost(self) -> bool:
        """Whether the next packet is lost."""


class IndependentLoss:
    """Every packet is lost with the same probability, whatever happened before (Bernoulli)."""

    def __init__(self, ratio: float, rng: random.Random) -> None:
        if not 0 <= ratio <= 1:
            raise ValueError(f"a loss ratio lies between 0 and 1, not {ratio}")
        self._ratio = ratio
        self._rng = rng

    def lost(self) -> bool:
        """Whether the next packet is lost."""
        return self._ratio > 0 and self._rng.random() < self._ratio


class BurstLoss:
    """Two-state Gilbert chain: in the bad state every packet is lost, in the good state none.

    Leaving the bad state with probability 1/burst makes bursts of ``burst`` packets on average; entering it
    with ``ratio / (burst * (1 - ratio))`` makes the stationary share of the bad state equal ``ratio``.
    """

    def __init__(self, ratio: float, burst_packets: float, rng: random.Random) -> None:
        if burst_packets < 1:
            raise ValueError(f"a burst has at least one packet, not {burst_packets}")
        if not 0 <= ratio <= burst_packets / (burst_packets + 1):
            raise ValueError(f"a loss of {ratio} is impossible with bursts of {burst_packets}")
        self._leave_bad = 1 / burst_packets
        self._enter_bad = ratio / (burst_packets * (1 - ratio))
        self._rng = rng
        self._bad = rng.random() < ratio

    def lost(self) -> bool:
        """Whether the next packet is lost."""
        lost = self._bad
        if self._bad:
            self._bad = self._rng.random() >= self._leave_bad
        else:
            self._bad = self._rng.random() < self._enter_bad
        return lost


def make_loss(ratio: float, burst_packets: float | None, rng: random.Random) -> LossProcess:
    """Bursty loss when a mean burst length (packets) is given, independent loss otherwise."""
    if burst_packets is None:
        return IndependentLoss(ratio, rng)
    return BurstLoss(ratio, burst_packets, rng)
