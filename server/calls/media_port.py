"""The interface through which the server calls the media engine (media/engine/listener.py: the engine's reports).

Owns: that interface. Must never hold behaviour. Every call happens on the one event loop.
"""

from __future__ import annotations

from typing import Protocol

from media.core.parameters import Preferences
from media.engine.listener import LegListener


class MediaPort(Protocol):
    """The methods of the engine that the server calls."""

    @property
    def in_call(self) -> bool:
        """Whether anybody is in a room."""

    async def open_leg(self, leg_id: str, offer_sdp: str) -> str:
        """Make a leg for an offer; returns its SDP answer. Raises media.engine.transport.errors.OfferRefused."""

    async def close_leg(self, leg_id: str) -> None:
        """End a leg; an unknown one is ignored."""

    def join(self, room_id: str, leg_id: str, *, seat: str = "") -> None:
        """Put a leg into a room: it and the other legs of the room see and hear each other.

        ``seat``: a name that stays the same when another leg replaces this one, so that stills continue on it.
        """

    def traffic(self, leg_id: str) -> tuple[int, int]:
        """Bytes sent to this leg and received from it since it began, with UDP and IP; (0, 0) for unknown legs."""

    def refusals(self) -> dict[str, int]:
        """The number of refusals since the start, by reason (fixed words)."""

    def forget_stills(self, room_id: str) -> None:
        """Delete the stills of a room, because its call is over."""

    def part(self, leg_id: str) -> None:
        """Take a leg out of its room; it stays warm."""

    def set_muted(self, leg_id: str, *, audio: bool, video: bool) -> None:
        """Stop (or resume) forwarding what this leg publishes."""

    def sending_reported(
        self, leg_id: str, *, available_bps: int | None, limited_by: str, quantizer: int | None = None
    ) -> None:
        """Pass on the uplink estimate of the page's own congestion control (W3C quality limitation reason).

        ``quantizer``: the quantizer of its picture, on the scale of its codec; None: not known.
        """

    def set_preferences(self, leg_id: str, preferences: Preferences) -> None:
        """Set the participant's preferences for this leg; an unknown leg is ignored."""

    def set_listener(self, listener: LegListener) -> None:
        """Set the receiver of the engine's reports; called once, before the first leg."""
