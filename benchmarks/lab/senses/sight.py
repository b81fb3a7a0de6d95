"""The quality of the received picture: received frames against their source frames. PURE but for OpenCV.

Owns: SSIM and PSNR. The stamp of a received frame gives its number. The source frame with that number is scaled to
the receiver's size (area average), and the luma of the rows below the stamp is compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from statistics import fmean
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.lab.senses import stamp

Image = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float64]

# Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment" (2004): an 11x11 Gaussian window of 1.5 pixels,
# and two constants against division by nothing.
WINDOW_PIXELS = 11
WINDOW_DEVIATION = 1.5
PEAK = 255.0
LUMINANCE_GUARD = (0.01 * PEAK) ** 2
CONTRAST_GUARD = (0.03 * PEAK) ** 2


def ssim(one: Image, other: Image) -> float:
    """Structural similarity of two grey pictures of the same shape; 1 for equal pictures."""
    a, b = one.astype(np.float64), other.astype(np.float64)
    mean_a, mean_b = _blur(a), _blur(b)
    variance_a = _blur(a * a) - mean_a * mean_a
    variance_b = _blur(b * b) - mean_b * mean_b
    covariance = _blur(a * b) - mean_a * mean_b
    likeness = (2 * mean_a * mean_b + LUMINANCE_GUARD) * (2 * covariance + CONTRAST_GUARD)
    total = (mean_a**2 + mean_b**2 + LUMINANCE_GUARD) * (variance_a + variance_b + CONTRAST_GUARD)
    return float(np.mean(likeness / total))


def psnr_db(one: Image, other: Image) -> float:
    """Peak signal-to-noise ratio of two grey pictures of the same shape, in dB; infinite for equal pictures."""
    error = float(np.mean((one.astype(np.float64) - other.astype(np.float64)) ** 2))
    return math.inf if error == 0 else 10 * math.log10(PEAK * PEAK / error)


def seen(frames: Iterable[Image], source: Callable[[int], Image], loop: int) -> dict[str, Any]:
    """Mean SSIM and PSNR of received luma frames against the luma ``source(number)``; None without frames.

    ``frames_read`` of ``frames_seen`` have a readable stamp; only those are compared.
    """
    likenesses, ratios_db, count = [], [], 0
    for frame in frames:
        count += 1
        number = stamp.read(frame, loop)
        if number is None:
            continue
        size = (frame.shape[1], frame.shape[0])
        wanted = np.asarray(cv2.resize(source(number), size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        got, sent = stamp.under_the_stamp(frame), stamp.under_the_stamp(wanted)
        likenesses.append(ssim(got, sent))
        ratios_db.append(psnr_db(got, sent))
    return {
        "ssim": round(fmean(likenesses), 4) if likenesses else None,
        "psnr": round(fmean(ratios_db), 2) if ratios_db else None,
        "frames_read": len(likenesses),
        "frames_seen": count,
    }


def _blur(plane: Plane) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, (WINDOW_PIXELS, WINDOW_PIXELS), WINDOW_DEVIATION))
