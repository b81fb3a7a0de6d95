"""The turn of a leg: its tick, stills, and four times a second steering and its reports.

Owns: the order of that work, and its reports to the listener. Must never decide what is sent:
media/core/quality/steering.py does.
"""

from __future__ import annotations

from collections.abc import Mapping

from media.core.parameters import StillsSend
from media.engine.listener import LegListener, Nobody
from media.engine.relay.control import LegControl
from media.engine.relay.rooms import Member
from media.engine.relay.stills import Stills
from media.engine.share.sharer import Plan, Sharers

NO_STILLS = StillsSend()


class Turns:
    """The turns of the legs in `controls`, which the engine changes meanwhile."""

    def __init__(self, controls: Mapping[str, LegControl], stills: Stills, sharers: Sharers) -> None:
        self.listener: LegListener = Nobody()
        self._controls = controls
        self._stills = stills
        self._sharers = sharers
        self._stills_asked: dict[LegControl, StillsSend] = {}

    def begin(self, control: LegControl) -> None:
        """A leg has opened."""
        self._stills_asked[control] = NO_STILLS

    def end(self, control: LegControl) -> None:
        """A leg is about to close: no more stills are requested from its page."""
        self._stills_asked.pop(control, None)

    def tend(self, control: LegControl, now_s: float, may_steer: bool) -> bool:
        """Do the periodic work of one leg; returns whether it was also steered."""
        now_ms = now_s * 1000
        leg = control.member.leg
        control.tick(now_ms)
        self._stills.tick(control.member, now_ms)
        if not may_steer or not control.steering_due(now_ms):
            return False
        leg.check_silence(now_s)
        self._pace_stills(control, now_ms)
        control.choose_voices()
        control.switch_redundancy(now_ms)
        control.set_feedback_interval(now_ms)
        self.steer(control.member, now_ms)
        quality = control.link_report(now_ms)
        report = control.rung_report(now_ms)
        if quality is not None:
            self.listener.link_measured(leg.leg_id, quality)
        if report is not None:
            self.listener.rungs_changed(leg.leg_id, report)
        return True

    def steer(self, publisher: Member, now_ms: float) -> None:
        """Send the publisher's page the parameters that fit its room now."""
        control = self._controls.get(publisher.leg.leg_id)
        if control is None:
            return
        others = publisher.room.members if publisher.room is not None else []
        receivers = [
            (other, self._controls[other.leg.leg_id].receiver_view(now_ms))
            for other in others
            if other is not publisher
        ]
        plan = self._sharers.share(Plan(publisher, control.uplink_view(now_ms), receivers), now_ms)
        parameters = control.steer(plan.views, now_ms, plan.scalability_mode, plan.small)
        if parameters is None:
            return
        self._sharers.asked(publisher, parameters)
        self.listener.send_parameters_changed(publisher.leg.leg_id, parameters)
        self.ask_for_stills(control, parameters.stills)

    def ask_for_stills(self, control: LegControl, stills: StillsSend) -> None:
        """Report how the leg's page must send stills, if that has changed and the leg is not closing."""
        if self._stills_asked.get(control, stills) == stills:
            return
        self._stills_asked[control] = stills
        control.sends_stills = stills.every_s > 0
        leg_id = control.member.leg.leg_id
        self.listener.stills_wanted(leg_id, stills.every_s, stills.max_bytes, stills.width)

    def _pace_stills(self, control: LegControl, now_ms: float) -> None:
        member = control.member
        if self._stills.is_going_down(member):
            self._stills.set_pace(member, *control.stills_down(now_ms), now_ms)
        control.still_asked = self._stills.is_asked_coming_up(member)
        if self._stills.is_coming_up(member):
            self._stills.grant(member, *control.stills_up(now_ms))
        self._stills.sweep(now_ms)
