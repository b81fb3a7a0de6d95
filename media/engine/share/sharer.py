"""Shares one publisher's picture in a room with different links: one part after the other changes a plan.

Owns: the plan that steering uses, and the order of the parts. Must never know what a part decides: a part may
change the slots of a receiver, and the plan that the next part and steering see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from media.core.parameters import SendParameters, VideoSend
from media.core.quality import ReceiverView
from media.core.share import UplinkView
from media.engine.relay.rooms import Member

NO_SMALL_PICTURE = VideoSend()


@dataclass(frozen=True, slots=True)
class Plan:
    """The input of steering for one publisher.

    ``uplink``: the rate for its pictures. ``receivers``: all others of its room, each as steering must see it.
    ``scalability_mode``: the W3C scalabilityMode of its picture. ``small``: its second, small picture.
    """

    publisher: Member
    uplink: UplinkView
    receivers: Sequence[tuple[Member, ReceiverView]]
    scalability_mode: str | None = None
    small: VideoSend = NO_SMALL_PICTURE

    @property
    def views(self) -> list[ReceiverView]:
        """The views of the receivers, without their members."""
        return [view for _, view in self.receivers]

    def seen_as(self, views: Sequence[ReceiverView]) -> Plan:
        """The same plan with these views of its receivers, in their order."""
        members = [member for member, _ in self.receivers]
        return replace(self, receivers=list(zip(members, views, strict=True)))


class Sharer(Protocol):
    """One way to share a picture. All methods must be called on the event loop."""

    def share(self, plan: Plan, now_ms: float) -> Plan:
        """Change the receivers' slots by the rule; returns the plan for the next part. Four times a second."""

    def asked(self, publisher: Member, parameters: SendParameters) -> None:
        """What the publisher has been asked to send from now on."""

    def forget(self, publisher: Member) -> None:
        """The publisher's leg is gone."""


class Sharers:
    """All parts together, in the given order."""

    def __init__(self, *sharers: Sharer) -> None:
        self._sharers = sharers

    def share(self, plan: Plan, now_ms: float) -> Plan:
        """Run every part; returns the plan for steering."""
        for sharer in self._sharers:
            plan = sharer.share(plan, now_ms)
        return plan

    def asked(self, publisher: Member, parameters: SendParameters) -> None:
        """What the publisher has been asked to send from now on."""
        for sharer in self._sharers:
            sharer.asked(publisher, parameters)

    def forget(self, publisher: Member) -> None:
        """The publisher's leg is gone."""
        for sharer in self._sharers:
            sharer.forget(publisher)
