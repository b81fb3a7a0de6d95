"""Where more bits show nothing more, and how a picture gets past it.

Owns: between the bitrate at which a face of one size is good and the one that pays for the next size, the decision
to stay low while the encoder says that its picture is fine. What is saved there is people's money; and when a link
collapses under a picture, each large frame in its queue stands before the voice. Must never know of links, nor
climb by itself: steering.py takes the lesser of this and what else it knows.
"""

from __future__ import annotations

from media.core.parameters import ClinicalProfile
from media.core.quality.held import Held
from media.core.quality.videosteps import FALL_SHARE, RISE_MARGIN, STEPS_BPS

# At 320x240 the lab's talking head has an SSIM of 0.977 at 67 kbit/s and of 0.981 at 150; at the lower each of its
# frames is one packet of half a kilobyte. The step that brings more lines is 240 kbit/s. Skin and gait are looked
# at more closely.
GOOD_BPS, NEXT_BPS = 67_000, 240_000
# A link that is known to carry so much has room for the next size beside a voice.
NEXT_LINK_BPS = 340_000.0
BETWEEN_BPS = next(step for step in STEPS_BPS if step > GOOD_BPS)
# The coarsest quantizer of a codec, on the scale of qpSum (W3C webrtc-stats). That of H.264 grows with the
# logarithm of the step, so a share of it says something else.
COARSEST = {"video/AV1": 255, "video/VP9": 255, "video/VP8": 127}
# Shares of it, by AV1's scale: that head is at 0.43 and 0.27, moving detail everywhere
# at 0.8 and 0.55 (SSIM 0.86 and 0.94). Above the first the picture gets what there is, under the other less will
# do.
COARSE, FINE = 0.5, 0.36
# A keyframe, one movement, and each new bitrate make it coarse for six seconds.
AFTER_MS = 10_000.0
# Where nothing is spent nothing tells that there is more, so it is tried: soon where nobody has measured the links.
# Where trains have told of less than the next size takes, a good picture is no reason for haste.
BLIND_WAIT_MS = 2_000.0
AGAINST_EVIDENCE_WAIT_MS = 60_000.0
# After an attempt that led nowhere; each further one waits twice as long.
FIRST_WAIT_MS, LAST_WAIT_MS = 60_000.0, 960_000.0
# Six steps of two seconds, and as long again for an estimate to follow.
PASSING_MS = 25_000.0
# What lasted so long above was no failed attempt.
PROVEN_MS = 60_000.0


def coarseness(quantizer: int | None, codec: str) -> float | None:
    """A quantizer as a share of the coarsest that ``codec`` (a mime type) knows; None: not known."""
    coarsest = COARSEST.get(codec)
    return None if quantizer is None or coarsest is None else quantizer / coarsest


class Plateau:
    """What one publisher's picture may have; ask it four times a second while the picture flows.

    ``holds_back``: there is room for more than is spent, and not for the next size as far as anybody knows.
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
        """A picture begins, or begins again: what the pause did to the links is not known."""
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

        ``blind``: no train has measured the links, so the room is a guess that grows only while it is used.
        ``coarseness``: how coarse the encoder makes the picture, 0 to 1; None: it does not tell.
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
        """What makes the picture that the encoder has just now good; without news of it, what makes a face good."""
        if bitrate_bps >= GOOD_BPS:  # with less each picture is coarse
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
