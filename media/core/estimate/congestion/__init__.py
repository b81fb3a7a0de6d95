"""The estimate of one leg's downlink: parts that each give a verdict, and the class that combines them.

Owns: `SendEstimate` (bandwidth.py has a picture of it) and its parts: queueing delay, loss, probe clusters,
silence, back-off and growth. Must never decide what is sent. Only media.core.estimate imports from here.
"""

from media.core.estimate.congestion.bandwidth import SendEstimate
from media.core.estimate.congestion.silence import UNKNOWN_RTT_MS

__all__ = ["UNKNOWN_RTT_MS", "SendEstimate"]
