"""On which rung of the quality ladder a leg stands, and why not higher: read from what flows, for people.

Owns: the table from what is sent to a rung, and the order in which reasons are told. Must never decide what is
sent; that is steering.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from media.core.parameters import Preferences, Rung, RungReason, RungReport, SendParameters
from media.core.quality.videosteps import MAX_VIDEO_BPS
from media.core.repair import voice_wire_bps

# Wire bit/s of voice and video together, from which a picture is worth the better word (the ladder's budgets).
VIDEO_RUNGS = ((450_000, Rung.VIDEO_HIGH), (100_000, Rung.VIDEO), (0, Rung.VIDEO_LOW))
# Voice under one of these sounds thin: long packets that each loss is heard of, or few bits.
THIN_PTIME_MS = 100
THIN_VOICE_BPS = 10_000
# Video waits for two seconds of clean voice, and a moment to come up; until then nothing is wrong.
STARTING_MS = 6_000.0
# The picture starts small and may take a step each two seconds (videosteps.py); six make it a fair one.
CLIMBING_MS = 20_000.0
BEST_FIRST = tuple(Rung)
# People read a word in a second; a reason that swings between two links of like width only unsettles them.
NEWS_SPACING_MS = 1_000.0
REASON_SPACING_MS = 10_000.0

NOTHING = SendParameters()
NO_CHOICE = Preferences()


@dataclass(frozen=True, slots=True)
class Side:
    """One leg as far as rungs go. Rates are wire bit/s, None: not known.

    ``camera_off``: by the person; ``wants_video``: whether it looks at anybody; ``stills``: it sends a sharp
    still now and then instead of a moving picture.
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
    """The rung of one direction; ``picture``: whether pictures that are sent are also shown."""
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
    """Where `own` stands towards `others` (at least one), `in_call_ms` after they met."""
    up = rung_of(own.sends, picture=not _hidden(own), stills=own.stills)
    # Of several, the best: one who shows no picture does not make a call without pictures.
    down = min(
        (
            rung_of(other.sends, picture=own.wants_video and not _hidden(other), stills=other.stills)
            for other in others
        ),
        key=BEST_FIRST.index,
    )
    return RungReport(down=down, up=up, reason=_reason(own, others, down, up, in_call_ms))


def _hidden(side: Side) -> bool:
    """Whether a person has chosen to show nothing."""
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
    """Whether nobody else looks (way up), or nobody else shows anything (way down), by their own choice."""
    if all(other.preferences.audio_only for other in others):
        return True
    return not up_is_worse and all(other.camera_off for other in others)


def _thinner_link(own: Side, others: Sequence[Side], *, up_is_worse: bool) -> RungReason:
    """Whose part of the way holds the picture down: the one that is known to carry less; in doubt our own."""
    own_bps = _carries_bps(own, up=up_is_worse)
    known_bps = [bps for other in others if (bps := _carries_bps(other, up=not up_is_worse)) is not None]
    if not known_bps or (own_bps is not None and own_bps <= min(known_bps)):
        return RungReason.LINK
    return RungReason.OTHER_SIDE


def _carries_bps(side: Side, *, up: bool) -> float | None:
    """One direction of a link; a way up that nobody has measured is most often like the way down."""
    return side.uplink_bps if up and side.uplink_bps is not None else side.downlink_bps


class RungNews:
    """What is worth telling of one leg's rungs, and when."""

    def __init__(self) -> None:
        self._told: RungReport | None = None
        self._told_ms = 0.0
        self._met_ms: float | None = None
        self._chosen = False

    def report(self, own: Side, others: Sequence[Side], now_ms: float) -> RungReport | None:
        """The report, if it is news; None while it is not, and while nobody else is there."""
        if not others:
            self._told = self._met_ms = None
            return None
        chosen = any(_hidden(side) for side in (own, *others))
        if self._met_ms is None or (self._chosen and not chosen):
            self._met_ms = now_ms  # a picture that comes back starts small again
        self._chosen = chosen
        report = rung_report(own, others, now_ms - self._met_ms)
        told = self._told
        if told is not None:
            same_rungs = (report.down, report.up) == (told.down, told.up)
            links = {report.reason, told.reason} <= {RungReason.LINK, RungReason.OTHER_SIDE}
            spacing_ms = REASON_SPACING_MS if same_rungs and links else NEWS_SPACING_MS
            if report == told or now_ms - self._told_ms < spacing_ms:
                return None
        self._told, self._told_ms = report, now_ms
        return report
