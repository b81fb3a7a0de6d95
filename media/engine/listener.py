"""What the media engine reports of its legs, and to whom.

Owns: that interface. Must never hold behaviour. Every callback happens on the event loop, returns at once and must
not raise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from media.core.parameters import LinkQuality, RungReport, SendParameters, SlotAssignment


class LegListener(Protocol):
    """Who hears what becomes of legs."""

    def leg_state_changed(self, leg_id: str, state: str) -> None:
        """W3C RTCPeerConnectionState: new, connecting, connected, disconnected, failed, closed."""

    def send_parameters_changed(self, leg_id: str, parameters: SendParameters) -> None:
        """What the page at the other end of this leg shall send from now on."""

    def slots_changed(self, leg_id: str, slots: Sequence[SlotAssignment]) -> None:
        """Whose media each receive slot of this leg carries from now on."""

    def link_measured(self, leg_id: str, quality: LinkQuality) -> None:
        """The leg's link as it is now."""

    def rungs_changed(self, leg_id: str, report: RungReport) -> None:
        """Where the leg stands on the quality ladder from now on; only while it shares a room."""

    def stills_wanted(self, leg_id: str, every_s: float, max_bytes: int, width: int) -> None:
        """How often this leg's page shall send a still by itself (0: not), how heavy and how wide in pixels."""


class Nobody:
    """Hears everything and does nothing: stands in until a listener is set."""

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
