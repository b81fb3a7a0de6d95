"""The voices that a leg gets when more people talk than its link carries.

Owns: the choice of the loudest voices for one listener, from the audio levels of RFC 6464, and the decision that a
link is too thin for all voices. Must never touch a packet. A heard voice stays heard through a second of silence,
so that a breath does not end it; while it speaks, only a clearly louder voice replaces it.
"""

from __future__ import annotations

from dataclasses import dataclass

# Two voices are the one who speaks and one who interrupts; a third voice adds only noise.
VOICES_HEARD = 2

# RFC 6464 section 3: the level in -dBov, 0 the loudest, 127 silence. The first bit says whether the sender detects
# speech; each sender detects it in its own way, so the bit is not read.
LEVEL_MASK = 0x7F
SILENCE = 127
# 50 dB below full scale. A browser's gain control raises speech well above this, and its noise suppression keeps
# noise below.
SPEAKING_LEVEL = 50
# A packet without a level has this one if it is larger than the comfort noise of DTX, and silence otherwise.
ASSUMED_LEVEL = 30
COMFORT_NOISE_BYTES = 10

# Pauses within a sentence are shorter than this.
HOLD_MS = 1_000.0
# While all heard voices speak, a voice that is this much louder for this long (longer than a cough) replaces one.
LOUDER_BY = 6
LOUDER_FOR_MS = 300.0
# Levels are smoothed over about a word; a packet of 60 ms is only a syllable.
SMOOTHING_MS = 200.0

# The link must carry all voices at once; otherwise nobody is understood when all speak. The margin is for reports
# and feedback. A link that was too thin needs a larger margin before all voices are sent again.
CROWDED_SHARE = 1.1
ROOMY_SHARE = 1.4


def level_of(extension: int, payload_bytes: int) -> int:
    """The level of a voice packet in -dBov; `extension`: the byte of RFC 6464, -1 if the packet has none."""
    if extension >= 0:
        return extension & LEVEL_MASK
    return ASSUMED_LEVEL if payload_bytes > COMFORT_NOISE_BYTES else SILENCE


def too_many_voices(estimate_bps: float, voices: int, voice_bps: float, *, was_on: bool) -> bool:
    """Whether a link of `estimate_bps` is too thin for `voices` voices of `voice_bps` each, on the wire."""
    if voices <= VOICES_HEARD:
        return False
    return estimate_bps < (ROOMY_SHARE if was_on else CROWDED_SHARE) * voices * voice_bps


@dataclass(slots=True)
class _Voice:
    """One voice: its smoothed level, when it last spoke, since when it speaks, and since when it is heard."""

    level: float
    spoke_ms: float
    speaks_since_ms: float
    heard_since_ms: float = 0.0


class LoudestVoices:
    """The voices that one listener hears. The caller identifies a voice by a number (SSRC); times are ms."""

    def __init__(self, seats: int = VOICES_HEARD) -> None:
        self._seats = seats
        self._heard: list[int] = []
        self._voices: dict[int, _Voice] = {}

    @property
    def heard(self) -> tuple[int, ...]:
        """The voices that are heard now."""
        return tuple(self._heard)

    def hears(self, number: int, level: int, now_ms: float) -> bool:
        """Whether the listener gets this voice packet; `level` is its level in -dBov."""
        if level <= SPEAKING_LEVEL:
            voice = self._spoken(number, level, now_ms)
            if number not in self._heard:
                self._contend(number, voice, now_ms)
        return number in self._heard

    def leave(self, number: int) -> None:
        """Free the seat of a voice that is muted or gone."""
        self._voices.pop(number, None)
        if number in self._heard:
            self._heard.remove(number)

    def _spoken(self, number: int, level: int, now_ms: float) -> _Voice:
        voice = self._voices.get(number)
        if voice is None or now_ms - voice.spoke_ms > HOLD_MS:
            heard_since_ms = voice.heard_since_ms if voice is not None else 0.0
            voice = self._voices[number] = _Voice(level, now_ms, now_ms, heard_since_ms)
            return voice
        voice.level += (level - voice.level) * min(1.0, (now_ms - voice.spoke_ms) / SMOOTHING_MS)
        voice.spoke_ms = now_ms
        return voice

    def _contend(self, number: int, voice: _Voice, now_ms: float) -> None:
        """Give a voice that speaks a free seat, or the seat of a silent or clearly quieter voice."""
        if len(self._heard) >= self._seats:
            weakest = self._weakest(voice, now_ms)
            if weakest is None:
                return
            self._heard.remove(weakest)
        self._heard.append(number)
        voice.heard_since_ms = now_ms

    def _weakest(self, challenger: _Voice, now_ms: float) -> int | None:
        silent = min(self._heard, key=lambda number: self._voices[number].spoke_ms)
        if now_ms - self._voices[silent].spoke_ms >= HOLD_MS:
            return silent
        if now_ms - challenger.speaks_since_ms < LOUDER_FOR_MS:
            return None
        quietest = max(self._heard, key=lambda number: self._voices[number].level)
        holder = self._voices[quietest]
        settled = now_ms - holder.heard_since_ms >= HOLD_MS
        return quietest if settled and challenger.level <= holder.level - LOUDER_BY else None
