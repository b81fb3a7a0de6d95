"""A drawn camera and a real encoder in this process, for any codec that a browser sends.

Owns: the drawing (a face-like disc that moves in front of a still textured background, with sensor noise) and the
encoders. Must never be used to judge a codec: the settings favour speed.
"""

from __future__ import annotations

import os
from fractions import Fraction

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from benchmarks.peers.host import ordinary_scheduling
from media.core.rtp import Codec

VIDEO_CLOCK_RATE = 90_000
# Without this, each SVT-AV1 encoder prints a line on standard error.
os.environ.setdefault("SVT_LOG", "1")
ENCODERS: dict[Codec, tuple[str, dict[str, str]]] = {
    Codec.VP8: ("libvpx", {"deadline": "realtime", "cpu-used": "-8", "lag-in-frames": "0"}),
    Codec.VP9: ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
    Codec.H264: ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}),
    Codec.AV1: ("libsvtav1", {"preset": "12", "svtav1-params": "pred-struct=1:rc=2"}),
}
NOISE = 4.0
NOISE_MARGIN = 64

Image = npt.NDArray[np.uint8]


class Camera:
    """Pictures of a moving scene, in BGR; the same `seed` gives the same scene."""

    def __init__(self, width: int, height: int, seed: int = 1) -> None:
        self.width, self.height = width, height
        self._rng = np.random.default_rng(seed)
        rough: Image = self._rng.integers(60, 200, (height // 8, width // 8, 3), dtype=np.uint8)
        self._background = np.asarray(cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC))
        # Drawn once; every picture cuts its noise out at another place, which costs a hundredth of drawing it anew.
        size = (height + NOISE_MARGIN, width + NOISE_MARGIN, 3)
        self._noise = self._rng.normal(0.0, NOISE, size).astype(np.float32)
        self._moment = 0

    def picture(self) -> Image:
        """The next picture."""
        moment, self._moment = self._moment, self._moment + 1
        image = self._background.astype(np.float32)
        radius = self.height // 4
        x = self.width // 2 + round(radius * np.sin(moment / 7))
        y = self.height // 2 + round(radius / 4 * np.cos(moment / 5))
        cv2.circle(image, (x, y), radius, (150, 180, 220), -1)
        for side in (-1, 1):
            cv2.circle(image, (x + side * radius // 3, y - radius // 4), radius // 8, (40, 40, 40), -1)
        mouth = (radius // 3, max(1, radius // 12 * (1 + moment % 3)))
        cv2.ellipse(image, (x, y + radius // 3), mouth, 0, 0, 360, (60, 60, 160), -1)
        top, left = self._rng.integers(0, NOISE_MARGIN, 2)
        image += self._noise[top : top + self.height, left : left + self.width]
        return np.clip(image, 0, 255).astype(np.uint8)


class SourceEncoder:
    """The encoder of a page."""

    def __init__(self, codec: Codec, width: int, height: int, *, framerate: int, bitrate_bps: int) -> None:
        name, options = ENCODERS[codec]
        encoder = av.CodecContext.create(name, "w")
        assert isinstance(encoder, VideoCodecContext)
        encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
        encoder.time_base = Fraction(1, VIDEO_CLOCK_RATE)
        encoder.framerate = Fraction(framerate)
        encoder.bit_rate = bitrate_bps
        encoder.gop_size = 10_000
        encoder.max_b_frames = 0
        encoder.thread_count = 1
        encoder.options = options
        with ordinary_scheduling():
            encoder.open()
        self._encoder = encoder
        self._ticks = VIDEO_CLOCK_RATE // framerate
        self._count = 0

    def encode(self, image: Image, *, keyframe: bool = False) -> list[bytes]:
        """Encode a picture; returns the frames that are ready, usually one (SVT-AV1 is some frames behind)."""
        frame = VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p")
        frame.pts = self._count * self._ticks
        frame.time_base = Fraction(1, VIDEO_CLOCK_RATE)
        frame.pict_type = PictureType.I if keyframe else PictureType.NONE
        self._count += 1
        return [bytes(packet) for packet in self._encoder.encode(frame)]

    def rest(self) -> list[bytes]:
        """The frames that the encoder still holds."""
        return [bytes(packet) for packet in self._encoder.encode(None)]
