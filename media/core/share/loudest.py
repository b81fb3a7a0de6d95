"""The voices that a leg gets when more people talk than its link carries.

Owns: the choice of the loudest voices for one listener, from the audio levels of RFC 6464, and the decision that a
link is too thin for all. Must never touch a packet. A voice stays heard through a second of silence, so that a
breath does not end it, and only a clearly louder voice replaces it.
"""

from __future__ import annotations

from dataclasses import dataclass

# Two voices are a conversation and one who breaks in; a third adds noise, not words.
VOICES_HEARD = 2

# RFC 6464 section 3: the level in -dBov, 0 the loudest, 127 silence. The first bit is the sender's own opinion of
# whether it is speech; how that is formed is left to each, so it is not read.
LEVEL_MASK = 0x7F
SILENCE = 127
# 50 dB under full scale: a browser's gain control lifts speech well above it, and it suppresses noise below.
SPEAKING_LEVEL = 50
# A voice without levels counts as an ordinary one in each packet that is larger than DTX's comfort noise.
ASSUMED_LEVEL = 30
COMFORT_NOISE_BYTES = 10

# The pauses within one sentence are shorter.
HOLD_MS = 1_000.0
# While all heard voices speak, a clearly louder voice replaces one of them if it lasts longer than a cough.
LOUDER_BY = 6
LOUDER_FOR_MS = 300.0
# A packet of 60 ms is a syllable; levels are smoothed over about a word.
SMOOTHING_MS = 200.0

# The link must carry all voices at once, or nobody is understood just when all speak. The margin is for reports and
# feedback; a link that was too thin must have more of it before all are heard again.
CROWDED_SHARE = 1.1
ROOMY_SHARE = 1.4


def level_of(extension: int, payload_bytes: int) -> int:
    """The level of a voice packet in -dBov; `extension` is the byte of RFC 6464, -1 where the packet has none."""
    if extension >= 0:
        return extension & LEVEL_MASK
    return ASSUMED_LEVEL if payload_bytes > COMFORT_NOISE_BYTES else SILENCE


def too_many_voices(estimate_bps: float, voices: int, voice_bps: float, *, was_on: bool) -> bool:
    """Whether a link of `estimate_bps` is too thin for so many voices of `voice_bps` each, on the wire."""
    if voices <= VOICES_HEARD:
        return False
    return estimate_bps < (ROOMY_SHARE if was_on else CROWDED_SHARE) * voices * voice_bps


@dataclass(slots=True)
class _Voice:
    """One voice: its smoothed level, when it spoke last and since when, and since when it is heard."""

    level: float
    spoke_ms: float
    speaks_since_ms: float
    heard_since_ms: float = 0.0


class LoudestVoices:
    """The voices that one listener hears. A voice is a number of the caller's (an SSRC); times are ms."""

    def __init__(self, seats: int = VOICES_HEARD) -> None:
        self._seats = seats
        self._heard: list[int] = []
        self._voices: dict[int, _Voice] = {}

    @property
    def heard(self) -> tuple[int, ...]:
        """The voices that are heard now."""
        return tuple(self._heard)

    def hears(self, number: int, level: int, now_ms: float) -> bool:
        """Whether the listener shall get this voice packet; `level` is its level in -dBov."""
        if level <= SPEAKING_LEVEL:
            voice = self._spoken(number, level, now_ms)
            if number not in self._heard:
                self._contend(number, voice, now_ms)
        return number in self._heard

    def leave(self, number: int) -> None:
        """Free the place of a voice that is muted or gone."""
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
        """Hear a voice that speaks, if a place is free, or if it replaces a silent or clearly quieter voice."""
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
