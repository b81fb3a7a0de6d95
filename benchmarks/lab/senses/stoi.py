"""Short-time objective intelligibility (STOI) of speech, 0 to about 1. PURE but for NumPy.

Owns: the measure of Taal, Hendriks, Heusdens and Jensen, "An Algorithm for Intelligibility Prediction of
Time-Frequency Weighted Noisy Speech" (IEEE TASLP 19(7), 2011). It is written here because the package pystoi needs
SciPy; the tests compare both.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float64]

RATE_HZ = 10_000
FRAME = 256
HOP = FRAME // 2
SPECTRUM = 512
# Fifteen third-octave bands, the lowest around 150 Hz.
BANDS = 15
LOWEST_HZ = 150.0
# A segment of 30 frames is 384 ms: the shortest that contains the modulations that carry meaning.
SEGMENT = 30
# Frames this far below the loudest one are pauses, and are left out.
PAUSE_DB = 40.0
# A band counts as at most 15 dB louder than its source: more does no further harm.
CLIP = 1 + 10 ** (15 / 20)
TINY = float(np.finfo(np.float64).eps)


def stoi(source: Samples, heard: Samples) -> float | None:
    """Intelligibility of ``heard`` against ``source``, aligned, of one length, at RATE_HZ.

    None if the source holds less than one segment of speech.
    """
    source, heard = _without_pauses(source, heard)
    clean, noisy = _bands(source), _bands(heard)
    segments = clean.shape[1] - SEGMENT + 1
    if segments < 1:
        return None
    return float(
        np.mean([_likeness(clean[:, i : i + SEGMENT], noisy[:, i : i + SEGMENT]) for i in range(segments)])
    )


def _likeness(clean: Samples, noisy: Samples) -> float:
    """The mean correlation of the bands of one segment, both (BANDS, SEGMENT)."""
    loudness = np.linalg.norm(clean, axis=1, keepdims=True) / (
        np.linalg.norm(noisy, axis=1, keepdims=True) + TINY
    )
    clipped = np.minimum(noisy * loudness, clean * CLIP)
    return float(np.mean(np.sum(_normal(clean) * _normal(clipped), axis=1)))


def _normal(rows: Samples) -> Samples:
    centred = rows - np.mean(rows, axis=1, keepdims=True)
    return np.asarray(centred / (np.linalg.norm(centred, axis=1, keepdims=True) + TINY))


def _window() -> Samples:
    return np.hanning(FRAME + 2)[1:-1]


def _frames(samples: Samples) -> Samples:
    """Windowed frames, (count, FRAME)."""
    count = max(0, (len(samples) - FRAME) // HOP + 1)
    if count == 0:
        return np.zeros((0, FRAME))
    return np.stack([samples[i * HOP : i * HOP + FRAME] for i in range(count)]) * _window()


def _without_pauses(source: Samples, heard: Samples) -> tuple[Samples, Samples]:
    frames, others = _frames(source), _frames(heard)
    if not len(frames):
        return source[:0], heard[:0]
    levels_db = 20 * np.log10(np.linalg.norm(frames, axis=1) + TINY)
    loud = levels_db > np.max(levels_db) - PAUSE_DB
    return _joined(frames[loud]), _joined(others[loud])


def _joined(frames: Samples) -> Samples:
    """Overlap-add."""
    samples = np.zeros((len(frames) + 1) * HOP)
    for index, frame in enumerate(frames):
        samples[index * HOP : index * HOP + FRAME] += frame
    return samples


def _bands(samples: Samples) -> Samples:
    """The level of each third-octave band in each frame, (BANDS, count)."""
    power = np.abs(np.fft.rfft(_frames(samples), SPECTRUM, axis=1)) ** 2
    return np.asarray(np.sqrt(_octave_matrix() @ power.T))


def _octave_matrix() -> Samples:
    """The bins of the spectrum that belong to each band, (BANDS, SPECTRUM // 2 + 1)."""
    bins_hz = np.linspace(0, RATE_HZ, SPECTRUM + 1)[: SPECTRUM // 2 + 1]
    matrix = np.zeros((BANDS, len(bins_hz)))
    for band in range(BANDS):
        edges_hz = [LOWEST_HZ * 2 ** ((2 * band + side) / 6) for side in (-1, 1)]
        low, high = (int(np.argmin(np.abs(bins_hz - edge))) for edge in edges_hz)
        matrix[band, low:high] = 1
    return matrix
