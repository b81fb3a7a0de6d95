"""When a picture starts, counts as proven and gives way: the events for the table of picturestates.py.

Owns: the waits of one publisher's picture, and how long a strain may last before it gives way. Must never judge the
voice (voicehealth.py) nor decide a bitrate (steering.py). Rates are bit/s on the wire, times ms on the caller's
clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from media.core.quality.picture.picturestates import FLOWS, Effect, Event, PictureState, move

# A picture starts only with room for five frames a second; less room is better used for stills.
START_VIDEO_BPS = 22_000
# A picture stops if the room falls below this; between the two a flowing picture stays, so that it does not flap.
KEEP_VIDEO_BPS = 12_000
# If probes show this many times the room at which the picture failed, the failure no longer counts. The room must
# also be half as much again as the start needs; otherwise a link that varies there would be tried every ten
# seconds.
WIDENED = 2.0
WIDE_VIDEO_BPS = 1.5 * START_VIDEO_BPS
# A trial ignores the estimate for this long. An estimate that grows by 8 % a second then grows from voice to voice
# and video.
TRIAL_MS = 10_000.0
# A picture that has flowed for this long is proven.
PROVEN_MS = 20_000.0
FIRST_WAIT_MS = 10_000.0
LAST_WAIT_MS = 60_000.0
# If probes measure the link, the wait grows only up to this: a black-out that made video fail twice says little.
LAST_KNOWN_WAIT_MS = 20_000.0
# A reaction to a strain takes effect after a round trip and a feedback interval, so on a long path wait longer.
PAUSE_AFTER_MS = 1_000.0
PAUSE_AFTER_ROUND_TRIPS = 1.5
# The longest wait while there is not even room for voice.
PAUSE_SOON_MS = 500.0
# The packets that vanished of the picture before stay in the window for this long (largepackets.py).
VANISHED_MS = 8_000.0
# A path seldom carries larger packets later, and every trial takes the stills away for some ten seconds.
VANISHED_WAIT_MS = LAST_WAIT_MS
# How long after its start a picture moves to the next state by itself.
LASTS_MS = {PictureState.TRIAL: TRIAL_MS, PictureState.FLOWING: PROVEN_MS}


@dataclass(frozen=True, slots=True)
class LifeView:
    """What decides whether a picture flows.

    ``room_bps``: the room that voice leaves on the thinnest link; ``known``: probes measure every link concerned,
    also in calls; ``blind``: probes do not, and a trial may show more room; ``rtt_ms``: the longest round-trip
    time; ``vanishes``: large packets are dropped without a word on one of the paths, and only stills pass.
    """

    room_bps: float
    known: bool
    blind: bool
    voice_clean: bool
    voice_suffers: bool
    uplink_collapsed: bool
    rtt_ms: float
    vanishes: bool = False


class PictureLife:
    """One publisher's picture. Four times a second: `pass_time`, then `follow` or `hide`."""

    def __init__(self, now_ms: float) -> None:
        self.state = PictureState.RESTING
        self._begun_ms = self._start_from_ms = self._retry_from_ms = now_ms
        self._try_from_ms = now_ms + FIRST_WAIT_MS
        self._next_wait_ms = FIRST_WAIT_MS
        self._failed_room_bps = 0.0
        self._strained_since_ms: float | None = None

    @property
    def flows(self) -> bool:
        """Whether a picture is sent."""
        return self.state in FLOWS

    @property
    def on_trial(self) -> bool:
        """Whether the picture is sent as a guess."""
        return self.state is PictureState.TRIAL

    @property
    def has_failed(self) -> bool:
        """Whether the picture has ever given way."""
        return self._next_wait_ms > FIRST_WAIT_MS

    def pass_time(self, now_ms: float) -> None:
        """Move to the states that need only time."""
        while self.state in LASTS_MS and now_ms - self._begun_ms >= LASTS_MS[self.state]:
            self.state, _ = move(self.state, Event.LAST)

    def hide(self) -> None:
        """Nobody watches, or the camera is off."""
        if self.flows:
            self.state, _ = move(self.state, Event.HIDE)

    def follow(self, now_ms: float, view: LifeView) -> None:
        """Start or stop the picture when it is time."""
        event = self._end(now_ms, view) if self.flows else self._begin(now_ms, view)
        if event is None:
            return
        self.state, effects = move(self.state, event)
        for effect in effects:
            self._carry_out(effect, now_ms, view)

    def _begin(self, now_ms: float, view: LifeView) -> Event | None:
        """A picture starts if there is room or, if nothing measures the links, as a trial from time to time."""
        widened = view.known and view.room_bps >= max(WIDE_VIDEO_BPS, WIDENED * self._failed_room_bps)
        if not view.voice_clean or now_ms < (self._retry_from_ms if widened else self._start_from_ms):
            return None
        if view.room_bps >= START_VIDEO_BPS:
            return Event.TRY if self.has_failed else Event.START
        return Event.TRY if view.blind and now_ms >= self._try_from_ms else None

    def _end(self, now_ms: float, view: LifeView) -> Event | None:
        """A picture fails if it vanishes, or if voice suffers or room is missing for longer than the patience."""
        if view.vanishes and now_ms - self._begun_ms >= VANISHED_MS:
            return Event.FAIL
        no_room = view.room_bps < KEEP_VIDEO_BPS and not self.on_trial
        if not view.voice_suffers and not no_room:
            self._strained_since_ms = None
            return None
        if self._strained_since_ms is None:
            self._strained_since_ms = now_ms
        return Event.FAIL if now_ms - self._strained_since_ms >= self._patience_ms(view) else None

    def _patience_ms(self, view: LifeView) -> float:
        if self.on_trial or view.uplink_collapsed:
            return 0.0
        patience_ms = max(PAUSE_AFTER_MS, PAUSE_AFTER_ROUND_TRIPS * view.rtt_ms)
        return min(patience_ms, PAUSE_SOON_MS) if view.room_bps < 0 else patience_ms

    def _carry_out(self, effect: Effect, now_ms: float, view: LifeView) -> None:
        match effect:
            case Effect.BEGIN:
                self._begun_ms, self._strained_since_ms = now_ms, None
            case Effect.FORGIVE:
                self._next_wait_ms = FIRST_WAIT_MS
            case Effect.WAIT:
                wait_ms = VANISHED_WAIT_MS if view.vanishes else self._next_wait_ms
                self._start_from_ms = self._try_from_ms = now_ms + wait_ms
                # More room helps only a picture for which there was no room.
                self._retry_from_ms = now_ms + (wait_ms if view.vanishes else FIRST_WAIT_MS)
                self._failed_room_bps = view.room_bps
                last_wait_ms = LAST_KNOWN_WAIT_MS if view.known else LAST_WAIT_MS
                self._next_wait_ms = min(last_wait_ms, 2 * self._next_wait_ms)
