"""Passes the engine's reports about legs on to pages: the engine's LegListener.

Owns: noting a report in the leg's record, and posting it once the page has its answer. Must never open, replace or
move a leg; legs.py handles a leg that failed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from media.core.parameters import LinkQuality, RungReport, SendParameters, SlotAssignment
from server.calls import views
from server.calls.desk.events import Events, LinkChanged, ReachabilityChanged
from server.calls.desk.heldlegs import HeldLeg, HeldLegs
from server.sockets.hub import Hub
from signaling import messages as wire
from signaling.limits import LINK_EVERY_S


class LegNotices:
    """Sends notices about legs. ``gone`` gets each leg that failed or closed; ``clock`` gives UTC seconds."""

    def __init__(
        self,
        held: HeldLegs,
        hub: Hub,
        events: Events,
        *,
        gone: Callable[[HeldLeg], None],
        clock: Callable[[], float],
    ) -> None:
        self._held = held
        self._hub = hub
        self._events = events
        self._gone = gone
        self._clock = clock

    def announce(self, participant_id: str) -> None:
        """Tell a page everything about its leg in the server."""
        leg = self._held.current.get(participant_id)
        if leg is None:
            return
        self._post_state(leg)
        if leg.parameters is not None:
            self.send_parameters_changed(leg.leg_id, leg.parameters)
        if leg.slots is not None:
            self.slots_changed(leg.leg_id, leg.slots)
        if leg.rungs is not None:
            self._hub.post(participant_id, leg.rungs, "rungs")
        if leg.stills is not None:
            self._hub.post(participant_id, leg.stills, "periodic_stills")

    # media/engine/listener.py: LegListener

    def leg_state_changed(self, leg_id: str, state: str) -> None:
        """The state of a leg (W3C RTCPeerConnectionState) has changed; a failed leg is closed."""
        leg = self._held.by_id.get(leg_id)
        if leg is None:
            return
        leg.state = state
        if state == "connected":
            leg.blocked = False
        meter = self._held.meter_of(leg)
        if meter is not None and state in ("connected", "disconnected", "failed"):
            meter.connected(state == "connected", self._clock())
        if leg.answered:
            self._post_state(leg)
        if state in ("failed", "closed"):
            self._gone(leg)
        if leg.answered:
            self._events.tell(ReachabilityChanged(leg.participant_id))

    def send_parameters_changed(self, leg_id: str, parameters: SendParameters) -> None:
        """The parameters that the page sends with have changed."""
        leg = self._held.by_id.get(leg_id)
        if leg is not None:
            leg.parameters = parameters
            if leg.answered:
                message = views.send_parameters(leg_id, parameters)
                self._hub.post(leg.participant_id, message, "send_parameters")

    def slots_changed(self, leg_id: str, slots: Sequence[SlotAssignment]) -> None:
        """The participants in the leg's receive slots have changed."""
        leg = self._held.by_id.get(leg_id)
        if leg is not None:
            leg.slots = slots
            if leg.answered:
                self._hub.post(leg.participant_id, views.slots(leg_id, slots, self._held.whose), "slots")

    def link_measured(self, leg_id: str, quality: LinkQuality) -> None:
        """The leg's link was measured; its page is told at intervals, the others when the level changes."""
        leg = self._held.by_id.get(leg_id)
        if leg is None:
            return
        before, leg.quality = leg.quality, views.link(quality)
        meter = self._held.meter_of(leg)
        if meter is not None:
            meter.link(quality.rtt_ms, quality.loss_ratio)
        now = self._hub.clock()
        if before.level != quality.level or now - leg.link_told_at >= LINK_EVERY_S:
            leg.link_told_at = now
            self._hub.post(leg.participant_id, wire.Link(quality=leg.quality), "link")
        if before.level != quality.level:
            self._events.tell(LinkChanged(leg.participant_id))

    def rungs_changed(self, leg_id: str, report: RungReport) -> None:
        """The leg's rungs have changed; its page is told, and the others through their consultation."""
        leg = self._held.by_id.get(leg_id)
        if leg is None or leg.participant_id not in self._held.rooms:
            return
        leg.rungs = views.rungs(leg_id, report)
        meter = self._held.meter_of(leg)
        if meter is not None:
            meter.stands_on(leg.rungs.down, leg.rungs.up, self._clock())
        if leg.answered:
            self._hub.post(leg.participant_id, leg.rungs, "rungs")
            self._events.tell(LinkChanged(leg.participant_id))

    def stills_wanted(self, leg_id: str, every_s: float, max_bytes: int, width: int) -> None:
        """The interval at which the page sends stills by itself has changed."""
        leg = self._held.by_id.get(leg_id)
        if leg is not None:
            leg.stills = wire.PeriodicStills(leg_id=leg_id, every_s=every_s, max_bytes=max_bytes, width=width)
            if leg.answered:
                self._hub.post(leg.participant_id, leg.stills, "periodic_stills")

    def _post_state(self, leg: HeldLeg) -> None:
        self._hub.post(leg.participant_id, wire.LegState(leg_id=leg.leg_id, state=leg.state), "leg_state")
