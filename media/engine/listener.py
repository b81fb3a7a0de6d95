"""The interface of the receiver of the media engine's reports.

Owns: that interface. Must never hold behaviour. Every callback happens on the event loop, returns at once and must
not raise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from media.core.parameters import LinkQuality, RungReport, SendParameters, SlotAssignment


class LegListener(Protocol):
    """Receives the reports about legs."""

    def leg_state_changed(self, leg_id: str, state: str) -> None:
        """The leg has a new W3C RTCPeerConnectionState: connecting, connected, disconnected, failed or closed."""

    def send_parameters_changed(self, leg_id: str, parameters: SendParameters) -> None:
        """The page of this leg gets new parameters for sending."""

    def slots_changed(self, leg_id: str, slots: Sequence[SlotAssignment]) -> None:
        """The receive slots of this leg carry other participants."""

    def link_measured(self, leg_id: str, quality: LinkQuality) -> None:
        """The leg's link has been measured."""

    def rungs_changed(self, leg_id: str, report: RungReport) -> None:
        """The leg has new rungs of the quality ladder; only while it is not alone in its room."""

    def stills_wanted(self, leg_id: str, every_s: float, max_bytes: int, width: int) -> None:
        """The page of this leg sends stills at this interval (0: none), with this largest size and width."""


class Nobody:
    """Ignores all reports, until a listener is set."""

    def leg_state_changed(self, leg_id: str, state: str) -> None:
        """Unheard."""

    def send_parameters_changed(self, leg_id: str, parameters: SendParameters) -> None:
        """Unheard."""

    def slots_changed(self, leg_id: str, slots: Sequence[SlotAssignment]) -> None:
        """Unheard."""

    def link_measured(self, leg_id: str, quality: LinkQuality) -> None:
        """Unheard."""

    def rungs_changed(self, leg_id: str, report: RungReport) -> None:
        """Unheard."""

    def stills_wanted(self, leg_id: str, every_s: float, max_bytes: int, width: int) -> None:
        """Unheard."""
