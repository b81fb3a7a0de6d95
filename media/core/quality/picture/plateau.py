"""Where more bits show nothing more, and how a picture gets past it.

Owns: between the bitrate at which a face of one size is good and the one that pays for the next size, the decision
to stay low while the encoder reports that its picture is fine. That saves people money; and when a link collapses
under a picture, each large frame in its queue stands before the voice. Must never know of links, nor raise a
bitrate by itself: steering.py takes the lesser of this and what else it knows.
"""

from __future__ import annotations

from media.core.parameters import ClinicalProfile
from media.core.quality.held import Held
from media.core.quality.picture.videosteps import FALL_SHARE, RISE_MARGIN, STEPS_BPS

# At 320x240 the lab's talking head has an SSIM of 0.977 at 67 kbit/s and of 0.981 at 150; at 67 each frame is one
# packet of half a kilobyte. The step that brings more lines is 240 kbit/s. People look more closely at skin and
# gait, so those pictures have no plateau.
GOOD_BPS, NEXT_BPS = 67_000, 240_000
# A link that is known to carry so much has room for the next size beside a voice.
NEXT_LINK_BPS = 340_000.0
BETWEEN_BPS = next(step for step in STEPS_BPS if step > GOOD_BPS)
# The coarsest quantizer of a codec, on the scale of qpSum (W3C webrtc-stats). H.264 is not listed: its quantizer
# grows with the logarithm of the step, so a share of it means something else.
COARSEST = {"video/AV1": 255, "video/VP9": 255, "video/VP8": 127}
# Shares of the coarsest quantizer, on AV1's scale. At 67 and 150 kbit/s the talking head is at 0.43 and 0.27, a
# picture full of moving detail at 0.8 and 0.55 (SSIM 0.86 and 0.94). A coarse picture gets all the room there is;
# for a fine one less will do.
COARSE, FINE = 0.5, 0.36
# A keyframe, one movement, and each new bitrate make a picture coarse for six seconds.
AFTER_MS = 10_000.0
# Room that is not used is not measured either, so the next size is tried: soon where nobody has measured the links;
# late where probes have measured less than the next size takes, since the picture is good already.
BLIND_WAIT_MS = 2_000.0
AGAINST_EVIDENCE_WAIT_MS = 60_000.0
# The wait after an attempt that failed; after each further one it is twice as long.
FIRST_WAIT_MS, LAST_WAIT_MS = 60_000.0, 960_000.0
# How long an attempt may take: six steps of two seconds, and as long again for an estimate to follow.
PASSING_MS = 25_000.0
# A picture that stayed above for so long was no failed attempt.
PROVEN_MS = 60_000.0


def coarseness(quantizer: int | None, codec: str) -> float | None:
    """A quantizer as a share of the coarsest that ``codec`` (a mime type) knows; None: not known."""
    coarsest = COARSEST.get(codec)
    return None if quantizer is None or coarsest is None else quantizer / coarsest


class Plateau:
    """What one publisher's picture may have; ask `worth_bps` four times a second while the picture flows.

    ``holds_back``: there is room for more than is spent, but as far as is known not for the next size.
    """

    def __init__(self) -> None:
        self._since_ms: float | None = None  # there has been room for more
        self._passing_until_ms: float | None = None
        self._above_since_ms: float | None = None
        self._wait_ms = 0.0
        self._from_ms = 0.0
        self._coarse, self._fine = Held(), Held()
        self.holds_back = False

    def begin(self) -> None:
        """A picture begins, or begins again: how the links changed in the pause is not known."""
        self._since_ms = self._passing_until_ms = self._above_since_ms = None
        self._coarse.clear()
        self._fine.clear()

    def worth_bps(
        self,
        room_bps: float,
        bitrate_bps: int,
        profile: ClinicalProfile,
        now_ms: float,
        *,
        blind: bool,
        coarseness: float | None = None,
    ) -> float:
        """Of ``room_bps`` what is worth spending, while the picture is at ``bitrate_bps``.

        ``blind``: no probe has measured the links, so the room is a guess that grows only while it is used.
        ``coarseness``: how coarse the encoder makes the picture, 0 to 1; None: not reported.
        """
        self.holds_back = False
        if profile is not ClinicalProfile.FACE:
            return room_bps
        if bitrate_bps >= NEXT_BPS and room_bps >= FALL_SHARE * NEXT_BPS:
            self._stay(now_ms)
            return room_bps
        if self._above_since_ms is not None or (
            self._passing_until_ms is not None and now_ms >= self._passing_until_ms
        ):
            self._retreat(now_ms)
        if self._passing_until_ms is None and self._may_pass(room_bps, now_ms, blind=blind):
            self._passing_until_ms = now_ms + PASSING_MS
        if self._passing_until_ms is not None:
            return room_bps
        spent_bps = min(room_bps, self._good_bps(bitrate_bps, coarseness, now_ms))
        self.holds_back = spent_bps < room_bps
        return spent_bps

    def _good_bps(self, bitrate_bps: int, coarseness: float | None, now_ms: float) -> float:
        """What makes the present picture good; while its coarseness is not reported, what makes a face good."""
        if bitrate_bps >= GOOD_BPS:  # under that every picture is coarse
            self._coarse.follow(now_ms, coarseness is not None and coarseness > COARSE, AFTER_MS)
        if self._coarse.on:
            return NEXT_BPS
        fine = self._fine.follow(now_ms, coarseness is None or coarseness < FINE, AFTER_MS)
        return RISE_MARGIN * (GOOD_BPS if fine else max(GOOD_BPS, bitrate_bps))

    def _may_pass(self, room_bps: float, now_ms: float, *, blind: bool) -> bool:
        if room_bps < RISE_MARGIN * BETWEEN_BPS:
            self._since_ms = None
            return False
        if self._since_ms is None:
            self._since_ms = now_ms
        if now_ms < self._from_ms:
            return False
        wait_ms = BLIND_WAIT_MS if blind else AGAINST_EVIDENCE_WAIT_MS
        return room_bps >= RISE_MARGIN * NEXT_BPS or now_ms - self._since_ms >= wait_ms

    def _stay(self, now_ms: float) -> None:
        self._passing_until_ms = None
        if self._above_since_ms is None:
            self._above_since_ms = now_ms
        elif now_ms - self._above_since_ms >= PROVEN_MS:
            self._wait_ms = 0.0

    def _retreat(self, now_ms: float) -> None:
        self._passing_until_ms = self._above_since_ms = self._since_ms = None
        self._wait_ms = min(LAST_WAIT_MS, max(FIRST_WAIT_MS, 2 * self._wait_ms))
        self._from_ms = now_ms + self._wait_ms
