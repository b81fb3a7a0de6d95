"""What the server asks of the media engine, and what the engine tells it.

Owns: the two interfaces between them. Must never hold behaviour. Every call and every callback happens on the
one event loop; callbacks return at once and must not raise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from media.core.parameters import LinkQuality, Preferences, RungReport, SendParameters, SlotAssignment


class LegListener(Protocol):
    """Told by the engine."""

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


class MediaPort(Protocol):
    """Asked of the engine."""

    @property
    def in_call(self) -> bool:
        """Whether anybody is in a room."""

    async def open_leg(self, leg_id: str, offer_sdp: str) -> str:
        """Make a leg for an offer; returns the SDP answer. Raises media.engine.transport.errors.OfferRefused."""

    async def close_leg(self, leg_id: str) -> None:
        """End a leg; an unknown one is ignored."""

    def join(self, room_id: str, leg_id: str, *, seat: str = "") -> None:
        """From now on the legs of this room see and hear this leg, and it them.

        ``seat``: a name that stays when a leg is replaced, so that stills go on over the new one.
        """

    def traffic(self, leg_id: str) -> tuple[int, int]:
        """Bytes sent to this leg and received from it since it began, with UDP and IP; (0, 0) of unknown legs."""

    def refusals(self) -> dict[str, int]:
        """What was turned away since the start, by reason (fixed words)."""

    def forget_stills(self, room_id: str) -> None:
        """The call is over: no picture of it is kept."""

    def part(self, leg_id: str) -> None:
        """Take a leg out of its room; it stays warm."""

    def set_muted(self, leg_id: str, *, audio: bool, video: bool) -> None:
        """Stop (or resume) forwarding what this leg publishes."""

    def sending_reported(
        self, leg_id: str, *, available_bps: int, limited_by: str, quantizer: int | None = None
    ) -> None:
        """What the page's own congestion control believes of its way up (W3C quality limitation reason).

        ``quantizer``: how coarse its picture is, on its codec's scale; None: not known.
        """

    def set_preferences(self, leg_id: str, preferences: Preferences) -> None:
        """What the participant has chosen for this leg; an unknown leg is ignored."""

    def set_listener(self, listener: LegListener) -> None:
        """Who is told; set once, before the first leg."""
