"""What the server asks of the media engine; what the engine reports is media/engine/listener.py.

Owns: that interface. Must never hold behaviour. Every call happens on the one event loop.
"""

from __future__ import annotations

from typing import Protocol

from media.core.parameters import Preferences
from media.engine.listener import LegListener


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
        """The uplink estimate of the page's own congestion control (W3C quality limitation reason).

        ``quantizer``: how coarse its picture is, on its codec's scale; None: not known.
        """

    def set_preferences(self, leg_id: str, preferences: Preferences) -> None:
        """What the participant has chosen for this leg; an unknown leg is ignored."""

    def set_listener(self, listener: LegListener) -> None:
        """Who is told; set once, before the first leg."""
