"""The delay and the intelligibility of the received voice. PURE but for NumPy.

Owns: the alignment. One clock (one machine) times both recordings: the microphone's track and the track that the
receiver plays. Normalised cross-correlation finds short windows of the first in the second; the place of a window
gives the delay from mouth to ear, also when the receiver stretches time.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.lab.emulator.tally import percentile
from benchmarks.lab.senses.stoi import RATE_HZ as STOI_RATE_HZ
from benchmarks.lab.senses.stoi import stoi

Samples = npt.NDArray[np.float64]

# The rate of PESQ's wideband mode (ITU-T P.862.2), which covers the bandwidth of every codec here.
RATE_HZ = 16_000
# Long enough for a word, short enough that the receiver hardly stretches time in it.
WINDOW_S = 1.0
HOP_S = 0.5
# The worst link adds 650 ms of propagation and 400 ms of queue; a relay that decodes adds seconds. The speech
# repeats after about 20 s: a delay above half of that cannot be told from a negative one.
LATEST_S = 9.0
# A busy page reads its clock late: a sound can seem to arrive a little before it is made.
EARLIEST_S = -0.1
# A codec at 6 kbit/s keeps a higher correlation than this; another sentence, or noise, has a far lower one.
FOUND = 0.45
# Windows below this share of the speech's mean energy are pauses, and are not searched for.
QUIET_SHARE = 0.05
# The length over which STOI and PESQ are computed: PESQ needs a few seconds, and a short run must contain some.
STRETCH_S = 6.0


@dataclass(frozen=True)
class Recording:
    """Sound, and the time of its first sample (seconds since the epoch); ``rate_hz`` samples a second."""

    samples: Samples
    began_s: float
    rate_hz: int = RATE_HZ

    def cut(self, from_s: float, to_s: float) -> Samples:
        """The sound between two moments; silence outside the recording."""
        first = round((from_s - self.began_s) * self.rate_hz)
        count = round((to_s - from_s) * self.rate_hz)
        cut = np.zeros(count)
        begin, end = max(0, first), min(len(self.samples), first + count)
        if end > begin:
            cut[begin - first : end - first] = self.samples[begin:end]
        return cut

    @property
    def ended_s(self) -> float:
        """The time of its last sample."""
        return self.began_s + len(self.samples) / self.rate_hz


@dataclass(frozen=True)
class Found:
    """A window of the source that was found in the received sound: when it was said, and its delay."""

    said_s: float
    delay_s: float


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Band-limited change of the sample rate, through the spectrum."""
    if from_hz == to_hz or not len(samples):
        return samples
    count = round(len(samples) * to_hz / from_hz)
    spectrum = np.fft.rfft(samples)
    kept = np.zeros(count // 2 + 1, dtype=complex)
    shared = min(len(spectrum), len(kept))
    kept[:shared] = spectrum[:shared]
    return np.fft.irfft(kept, count) * (count / len(samples))


def find(said: Recording, heard: Recording) -> list[Found]:
    """Every window of ``said`` that is found in ``heard``; both at RATE_HZ."""
    if not len(said.samples) or not len(heard.samples):
        return []
    loud = QUIET_SHARE * float(np.mean(said.samples**2))
    found = []
    moments = np.arange(said.began_s, said.ended_s - WINDOW_S, HOP_S)
    for moment_s in (float(value) for value in moments):
        window = said.cut(moment_s, moment_s + WINDOW_S)
        if float(np.mean(window**2)) <= loud:
            continue
        around = heard.cut(moment_s + EARLIEST_S, moment_s + LATEST_S + WINDOW_S)
        lag, likeness = _best(window, around)
        if likeness >= FOUND:
            found.append(Found(moment_s, EARLIEST_S + lag / RATE_HZ))
    return found


def judged(said: Recording | None, heard: Recording | None) -> dict[str, Any]:
    """Delay and intelligibility of one direction. Values are None if nothing was heard.

    ``mouth_to_ear_found``: the number of windows of the speech that were found in the received sound.
    """
    if said is None or heard is None:
        return _nothing("no sound was recorded")
    said, heard = _at_rate(said), _at_rate(heard)
    found = find(said, heard)
    if not found:
        return _nothing("none of the speech was found in what was heard")
    delays_ms = [1000 * one.delay_s for one in found]
    stretches = list(_stretches(said, heard, found))
    pesq_wb, reason = _pesq(stretches)
    return {
        "mouth_to_ear_ms": round(percentile(delays_ms, 0.5), 1),
        "mouth_to_ear_p95_ms": round(percentile(delays_ms, 0.95), 1),
        "mouth_to_ear_found": len(found),
        "stoi": _mean([stoi(_thin(source), _thin(got)) for source, got in stretches]),
        "pesq_wb": pesq_wb,
        "pesq_reason": reason,
    }


def _stretches(said: Recording, heard: Recording, found: list[Found]) -> list[tuple[Samples, Samples]]:
    """Pairs of source and received sound of STRETCH_S, aligned piece by piece."""
    stretches = []
    begin_s = max(said.began_s, heard.began_s)
    # The recording ends before the last words are heard.
    end_s = min(said.ended_s, heard.ended_s - found[-1].delay_s)
    while begin_s + STRETCH_S <= end_s:
        pieces_s = [begin_s + index * HOP_S for index in range(round(STRETCH_S / HOP_S))]
        got = [_piece(heard, piece_s, _delay_at(found, piece_s + HOP_S / 2)) for piece_s in pieces_s]
        begin_s += STRETCH_S
        stretches.append((said.cut(begin_s - STRETCH_S, begin_s), np.concatenate(got)))
    return stretches


def _piece(heard: Recording, said_s: float, delay_s: float) -> Samples:
    return heard.cut(said_s + delay_s, said_s + HOP_S + delay_s)


def _delay_at(found: list[Found], moment_s: float) -> float:
    """The delay of the window nearest to a moment, so that lost speech is compared with its concealment."""
    return min(found, key=lambda one: abs(one.said_s + WINDOW_S / 2 - moment_s)).delay_s


def _pesq(stretches: list[tuple[Samples, Samples]]) -> tuple[float | None, str | None]:
    """Mean PESQ (MOS-LQO, 1 to 4.64) by the `pesq` package, or the reason for its absence."""
    try:
        module = importlib.import_module("pesq")
    except ImportError:
        return None, "the package 'pesq' is not installed"
    score: Callable[..., float] = module.pesq
    values: list[float | None] = []
    for source, got in stretches:
        try:
            values.append(float(score(RATE_HZ, source.astype(np.float32), got.astype(np.float32), "wb")))
        except module.NoUtterancesError:
            values.append(None)  # a stretch of silence
    mean = _mean(values)
    return mean, None if mean is not None else "no stretch of the sound held speech"


def _nothing(reason: str) -> dict[str, Any]:
    names = ("mouth_to_ear_ms", "mouth_to_ear_p95_ms", "stoi", "pesq_wb")
    return {**dict.fromkeys(names), "mouth_to_ear_found": 0, "pesq_reason": reason}


def _best(window: Samples, around: Samples) -> tuple[int, float]:
    """The lag (samples) with the highest correlation of ``window`` and ``around``, and that correlation."""
    size = 1 << int(np.ceil(np.log2(len(around) + len(window))))
    product = np.fft.irfft(np.fft.rfft(around, size) * np.conj(np.fft.rfft(window, size)), size)
    lags = len(around) - len(window) + 1
    sums = np.concatenate([[0.0], np.cumsum(around**2)])
    energies = sums[len(window) :] - sums[: -len(window)]
    scale = np.sqrt(np.maximum(energies[:lags], 1e-12) * float(np.sum(window**2)))
    likeness = product[:lags] / scale
    lag = int(np.argmax(likeness))
    return lag, float(likeness[lag])


def _at_rate(recording: Recording) -> Recording:
    samples = resample(recording.samples, recording.rate_hz, RATE_HZ)
    return Recording(samples, recording.began_s, RATE_HZ)


def _thin(samples: Samples) -> Samples:
    return resample(samples, RATE_HZ, STOI_RATE_HZ)


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known) / len(known), 3) if known else None
