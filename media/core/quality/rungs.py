"""The rung of a leg on the quality ladder, and why it is not higher: what people are shown about their call.

Owns: the table from send parameters to a rung, the choice of the reported reason, and when a report is due. Must
never decide what is sent: steering.py does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from media.core.parameters import Preferences, Rung, RungReason, RungReport, SendParameters
from media.core.quality.picture import MAX_VIDEO_BPS
from media.core.repair import voice_wire_bps

# The least bit/s on the wire, voice and video together, for each rung with video.
VIDEO_RUNGS = ((450_000, Rung.VIDEO_HIGH), (100_000, Rung.VIDEO), (0, Rung.VIDEO_LOW))
# Voice is thin if its packets are this long, so that every loss is heard, or if its bitrate is this low.
THIN_PTIME_MS = 100
THIN_VOICE_BPS = 10_000
# Video starts after two seconds of clean voice and takes a moment to appear; until then nothing is wrong.
STARTING_MS = 6_000.0
# The picture starts small and rises at most one step every two seconds (videosteps.py); after six steps it is fair.
CLIMBING_MS = 20_000.0
BEST_FIRST = tuple(Rung)
# People need a second to read a word. A reason that alternates between two links of similar rate only confuses
# them.
REPORT_SPACING_MS = 1_000.0
REASON_SPACING_MS = 10_000.0

NOTHING = SendParameters()
NO_CHOICE = Preferences()


@dataclass(frozen=True, slots=True)
class Side:
    """What decides the rung of one leg. Rates are bit/s on the wire; None: not known.

    ``camera_off``: the person has turned the camera off; ``wants_video``: the leg is shown pictures; ``stills``:
    the leg sends a sharp still at intervals instead of a moving picture.
    """

    sends: SendParameters = NOTHING
    preferences: Preferences = NO_CHOICE
    camera_off: bool = False
    wants_video: bool = True
    stills: bool = False
    uplink_bps: float | None = None
    downlink_bps: float | None = None


WARM_SIDE = Side()


def rung_of(sends: SendParameters, *, picture: bool = True, stills: bool = False) -> Rung:
    """The rung of one direction; ``picture``: whether the pictures are shown."""
    voice_bps = voice_wire_bps(sends.audio)
    if sends.video.active and picture:
        wire_bps = voice_bps + sends.video.max_bitrate_bps
        return next(rung for least_bps, rung in VIDEO_RUNGS if wire_bps >= least_bps)
    if not sends.audio.active:
        return Rung.MESSAGES
    if stills and picture:
        return Rung.STILLS
    thin = sends.audio.ptime_ms >= THIN_PTIME_MS or sends.audio.max_bitrate_bps <= THIN_VOICE_BPS
    return Rung.VOICE_THIN if thin else Rung.VOICE


def rung_report(own: Side, others: Sequence[Side], in_call_ms: float) -> RungReport:
    """The rungs of `own` in a call with `others` (at least one), `in_call_ms` after the call began."""
    up = rung_of(own.sends, picture=not _hidden(own), stills=own.stills)
    # The best of the others counts: one participant without a picture does not make the call one without pictures.
    down = min(
        (
            rung_of(other.sends, picture=own.wants_video and not _hidden(other), stills=other.stills)
            for other in others
        ),
        key=BEST_FIRST.index,
    )
    return RungReport(down=down, up=up, reason=_reason(own, others, down, up, in_call_ms))


def _hidden(side: Side) -> bool:
    """Whether the person has chosen not to show a picture."""
    return side.camera_off or side.preferences.audio_only


def _reason(own: Side, others: Sequence[Side], down: Rung, up: Rung, in_call_ms: float) -> RungReason:
    up_is_worse = BEST_FIRST.index(up) >= BEST_FIRST.index(down)
    worse = up if up_is_worse else down
    if own.preferences.audio_only:
        return RungReason.PINNED
    if worse is Rung.VIDEO_HIGH or _is_best(own, others):
        return RungReason.FULL
    if own.camera_off and up_is_worse:
        return RungReason.CAMERA_OFF
    if _kept_low_by_others(others, up_is_worse=up_is_worse):
        return RungReason.OTHER_SIDE
    if own.preferences.save_data:
        return RungReason.PINNED
    if any(other.preferences.save_data for other in others):
        return RungReason.OTHER_SIDE
    if in_call_ms < (CLIMBING_MS if worse is Rung.VIDEO_LOW else STARTING_MS):
        return RungReason.STARTING
    return _thinner_link(own, others, up_is_worse=up_is_worse)


def _is_best(own: Side, others: Sequence[Side]) -> bool:
    sides = (own, *others)
    return all(
        side.sends.video.active and side.sends.video.max_bitrate_bps >= MAX_VIDEO_BPS and not side.camera_off
        for side in sides
    )


def _kept_low_by_others(others: Sequence[Side], *, up_is_worse: bool) -> bool:
    """Whether all others have chosen to watch no picture (uplink) or to show none (downlink)."""
    if all(other.preferences.audio_only for other in others):
        return True
    return not up_is_worse and all(other.camera_off for other in others)


def _thinner_link(own: Side, others: Sequence[Side], *, up_is_worse: bool) -> RungReason:
    """Whose link limits the picture: the one with the lower known rate; if in doubt, the leg's own."""
    own_bps = _carries_bps(own, up=up_is_worse)
    known_bps = [bps for other in others if (bps := _carries_bps(other, up=not up_is_worse)) is not None]
    if not known_bps or (own_bps is not None and own_bps <= min(known_bps)):
        return RungReason.LINK
    return RungReason.OTHER_SIDE


def _carries_bps(side: Side, *, up: bool) -> float | None:
    """The rate of one direction of a link. An uplink that is not measured is assumed to be like the downlink."""
    return side.uplink_bps if up and side.uplink_bps is not None else side.downlink_bps


class RungReporter:
    """When a report of one leg's rungs is due."""

    def __init__(self) -> None:
        self._reported: RungReport | None = None
        self._reported_ms = 0.0
        self._met_ms: float | None = None
        self._chosen = False

    def report(self, own: Side, others: Sequence[Side], now_ms: float) -> RungReport | None:
        """The report if it is due; None otherwise, and while the leg is alone."""
        if not others:
            self._reported = self._met_ms = None
            return None
        chosen = any(_hidden(side) for side in (own, *others))
        if self._met_ms is None or (self._chosen and not chosen):
            self._met_ms = now_ms  # a picture that starts again is small at first
        self._chosen = chosen
        report = rung_report(own, others, now_ms - self._met_ms)
        last = self._reported
        if last is not None:
            same_rungs = (report.down, report.up) == (last.down, last.up)
            links = {report.reason, last.reason} <= {RungReason.LINK, RungReason.OTHER_SIDE}
            spacing_ms = REASON_SPACING_MS if same_rungs and links else REPORT_SPACING_MS
            if report == last or now_ms - self._reported_ms < spacing_ms:
                return None
        self._reported, self._reported_ms = report, now_ms
        return report
