"""The periodic work of one leg: its tick, and the parts that the tick calls.

Owns: feedback in both directions, the estimates of both directions, the hold of a strained uplink, probing, the
rate of stills, and reports for people. The parts do not call each other; legcontrol.py passes values between
them.
"""

from media.engine.relay.control.choices import SAVE_DATA_BPS
from media.engine.relay.control.feedback import FeedbackSender
from media.engine.relay.control.legcontrol import LegControl
from media.engine.relay.control.uplinkknowledge import UplinkKnowledge, UplinkReport

__all__ = ["SAVE_DATA_BPS", "FeedbackSender", "LegControl", "UplinkKnowledge", "UplinkReport"]
