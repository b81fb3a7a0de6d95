"""The periodic work of one leg: its clock, and the parts that the clock calls.

Owns: feedback both ways, what is known of both directions, the hold of a strained uplink, probing, the pace
of stills, and news for people. The parts do not write into one another; legcontrol.py hands over what one
needs of another.
"""

from media.engine.relay.control.choices import SAVE_DATA_BPS
from media.engine.relay.control.feedback import FeedbackSender
from media.engine.relay.control.legcontrol import LegControl
from media.engine.relay.control.uplinkknowledge import UplinkKnowledge, UplinkReport

__all__ = ["SAVE_DATA_BPS", "FeedbackSender", "LegControl", "UplinkKnowledge", "UplinkReport"]
