"""The plateau: the range of bitrates in which a picture hardly improves, and how a picture gets past it.

Owns: the decision to stay at the bitrate at which a face of one size is good, while the encoder reports a fine
picture and there is no room for the next size. A lower bitrate saves people money, and when a link collapses, fewer
large frames in its queue delay the voice. Must never know of links, nor raise a bitrate by itself: steering.py
takes the minimum of this and its other limits.
"""

from __future__ import annotations

from media.core.parameters import ClinicalProfile
from media.core.quality.held import Held
from media.core.quality.picture.videosteps import FALL_SHARE, RISE_MARGIN, STEPS_BPS

# At 320x240 the lab's talking head has an SSIM of 0.977 at 67 kbit/s and of 0.981 at 150; at 67 kbit/s each frame
# is one packet of half a kilobyte. The step with more lines is 240 kbit/s. People look more closely at skin and
# gait, so those pictures have no plateau.
GOOD_BPS, NEXT_BPS = 67_000, 240_000
# A link that is known to carry this rate has room for the next size beside a voice.
NEXT_LINK_BPS = 340_000.0
BETWEEN_BPS = next(step for step in STEPS_BPS if step > GOOD_BPS)
# The coarsest quantizer of a codec, on the scale of qpSum (W3C webrtc-stats). H.264 is not listed: its quantizer is
# logarithmic, so a share of it means something else.
COARSEST = {"video/AV1": 255, "video/VP9": 255, "video/VP8": 127}
# Shares of the coarsest quantizer, on AV1's scale. At 67 and 150 kbit/s the talking head is at 0.43 and 0.27, a
# picture full of moving detail at 0.8 and 0.55 (SSIM 0.86 and 0.94). A coarse picture gets all the room; a fine
# picture needs less.
COARSE, FINE = 0.5, 0.36
# A keyframe, a movement or a new bitrate makes a picture coarse for six seconds; longer coarseness counts.
AFTER_MS = 10_000.0
# Unused room is not measured, so the next size is tried: soon if the links are not measured, late if probes
# measured less than the next size needs, because the picture is good already.
BLIND_WAIT_MS = 2_000.0
AGAINST_EVIDENCE_WAIT_MS = 60_000.0
# The wait after the first failed attempt; after each further one it doubles.
FIRST_WAIT_MS, LAST_WAIT_MS = 60_000.0, 960_000.0
# The longest an attempt may take: six steps of two seconds, and as long again for the estimate to follow.
PASSING_MS = 25_000.0
# An attempt has succeeded if the picture stays above the plateau for this long.
PROVEN_MS = 60_000.0


def coarseness(quantizer: int | None, codec: str) -> float | None:
    """The quantizer as a share of the coarsest one of ``codec`` (a mime type); None: not known."""
    coarsest = COARSEST.get(codec)
    return None if quantizer is None or coarsest is None else quantizer / coarsest


class Plateau:
    """The bitrate worth spending on one publisher's picture; call `worth_bps` four times a second while it flows.

    ``holds_back``: there is more room than is spent, but no known room for the next size.
    """

    def __init__(self) -> None:
        self._since_ms: float | None = None  # since when there has been room for more
        self._passing_until_ms: float | None = None
        self._above_since_ms: float | None = None
        self._wait_ms = 0.0
        self._from_ms = 0.0
        self._coarse, self._fine = Held(), Held()
        self.holds_back = False

    def begin(self) -> None:
        """A picture begins or begins again: the links may have changed during the pause."""
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
        """The part of ``room_bps`` that is worth spending; the picture is at ``bitrate_bps``.

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
        """The bitrate at which this picture is good; if its coarseness is not reported, that of a face."""
        if bitrate_bps >= GOOD_BPS:  # below that every picture is coarse
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
