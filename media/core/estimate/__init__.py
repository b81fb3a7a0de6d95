"""Estimates of a link: bandwidth, loss, queueing delay and round-trip time; and the pacer.

Owns: transport-wide feedback at both ends, the estimate of a downlink, measurements of an uplink, and the pacer,
which sends at the estimated rate. Must never decide what is sent: quality/ reads these estimates and decides.
"""

from media.core.estimate.arrivaldelay import ArrivalDelay
from media.core.estimate.arrivalrhythm import ArrivalRhythm
from media.core.estimate.congestion import UNKNOWN_RTT_MS, SendEstimate
from media.core.estimate.fulluplink import COLLAPSED_BPS, FullUplink
from media.core.estimate.largepackets import LargePackets, UnseenPicture
from media.core.estimate.link import LinkMeter
from media.core.estimate.losswindow import LossWindow
from media.core.estimate.pacer import Pacer
from media.core.estimate.roundtrips import RoundTrips
from media.core.estimate.twccreceiver import TwccReceiver
from media.core.estimate.twccsender import PacketResult, TwccSender

__all__ = [
    "COLLAPSED_BPS",
    "UNKNOWN_RTT_MS",
    "ArrivalDelay",
    "ArrivalRhythm",
    "FullUplink",
    "LargePackets",
    "LinkMeter",
    "LossWindow",
    "Pacer",
    "PacketResult",
    "RoundTrips",
    "SendEstimate",
    "TwccReceiver",
    "TwccSender",
    "UnseenPicture",
]
