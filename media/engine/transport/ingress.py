"""What one leg may send us, each number with its reason: asked by address, before anything is decrypted.

Owns: the buckets of one leg for media, for data channels and for checks. Must never look into a packet. The page is
told what to send and its congestion control keeps to its link; whoever meets one of these bounds does neither.
"""

from __future__ import annotations

from media.core.ingress import ByteBucket

# A page in a call sends at most 1.5 Mbit/s of pictures (x-google-max-bitrate of the answer) and probes its link
# with up to twice that; voice, retransmissions and feedback stay within the same.
MEDIA_BPS = 3_000_000
# A mast or a dish that was away hands over at once what its queue holds: five seconds of a full picture.
MEDIA_BURST_BYTES = 1_000_000
# Outside of a room a page has been told to send nothing: this carries its reports, the burst what was under way.
WARM_MEDIA_BPS = 200_000
# A packet costs the relay its time whatever its size. So a flood of the smallest is held to some 3,000 a second (a
# tenth of a core), and the rate of an honest page rises by less than a tenth.
PACKET_COST_BYTES = 80
# The relay lets stills come up with 2 Mbit/s at most (media/core/stills/backgroundrate.py); half as much again for
# headers, repeats and the probes of the uplink.
DATA_BPS = 3_000_000
# The largest still.
DATA_BURST_BYTES = 600_000
# Checks have about 130 bytes. Chromium sends one each 50 ms while it connects and one each 2.5 s later; a page with
# ten addresses of its own stays under this.
CHECKS_BPS = 100_000
CHECKS_BURST_BYTES = 40_000


class Ingress:
    """The buckets of one leg."""

    __slots__ = ("checks", "data", "media", "strange_checks")

    def __init__(self) -> None:
        self.media = ByteBucket(WARM_MEDIA_BPS, MEDIA_BURST_BYTES)
        self.data = ByteBucket(DATA_BPS, DATA_BURST_BYTES)
        self.checks = ByteBucket(CHECKS_BPS, CHECKS_BURST_BYTES)
        # Who has read the leg's name on the way can send checks, but not from an address that has proved itself: so
        # nobody uses up the checks that keep the leg alive.
        self.strange_checks = ByteBucket(CHECKS_BPS, CHECKS_BURST_BYTES)

    def in_call(self, in_call: bool, now_s: float) -> None:
        """The leg has joined a room, or left it."""
        self.media.change(MEDIA_BPS if in_call else WARM_MEDIA_BPS, MEDIA_BURST_BYTES, now_s)
