"""Makes one lower copy, frame by frame: decode, scale down, encode as VP8.

Owns: the decoder of the source (dav1d, libvpx, FFmpeg's H.264), the scaling (area averaging) and the VP8 encoder
with its rate. It runs in a downscaler worker only, because its input may be hostile. VP8 is RFC 6386.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from media.core.rtp import Codec
from media.core.share import Target

VIDEO_CLOCK_RATE = 90_000
DECODERS = {Codec.VP8: "libvpx", Codec.VP9: "libvpx-vp9", Codec.AV1: "libdav1d", Codec.H264: "h264"}
# No webcam sends a larger picture, and the worker has no memory for one.
SOURCE_MAX_PIXELS = 1920 * 1088
SIDE_MIN, HEIGHT_MAX = 16, 720
FRAMERATE_MIN, FRAMERATE_MAX = 1.0, 30.0
BITRATE_MIN_BPS, BITRATE_MAX_BPS = 8_000, 2_000_000
# FFmpeg's wrapper sets the encoder's rate only once. To change the rate, the timestamps given to libvpx are
# stretched or compressed. This stretches libvpx's buffers too, so the factor has bounds.
STRETCH_MIN, STRETCH_MAX = 0.5, 2.0
# The encoder's rate may be ahead or behind by this: less is too little for keyframes, more fills the link's queue.
BUFFER_S = 1.0
# The speed of libvpx's real-time mode: 8 takes a third less time than 4, and loses half a dB at 320x240.
CPU_USED = -8
# A frame may come early by this share of an interval, because a camera's clock jitters.
EARLY_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Made:
    """A VP8 frame, and the size of its picture."""

    data: bytes
    keyframe: bool
    width: int
    height: int


class BrokenSource(ValueError):
    """The frame cannot be decoded; decoding needs a keyframe."""


class CopyMaker:
    """One copy. `frame` raises BrokenSource for every error of a codec."""

    def __init__(self, codec: Codec, target: Target) -> None:
        self._codec = codec
        self._target = _bounded(target)
        self._decoder = _decoder(codec)
        self._encoder: VideoCodecContext | None = None
        self._encoder_bps = 0
        self._encoder_time = 0.0  # in ticks of the video clock, stretched
        self._last_timestamp: int | None = None
        self._wait = 0.0  # ticks from the last frame of the copy until the next is due
        self._keyframe_wanted = True

    def retarget(self, target: Target) -> None:
        """Set size, frame rate and bitrate; the same size and a similar rate need no keyframe."""
        self._target = _bounded(target)

    def want_keyframe(self) -> None:
        """Make the next frame of the copy a keyframe."""
        self._keyframe_wanted = True

    def frame(self, timestamp: int, data: bytes) -> Made | None:
        """The copy of one source frame; None if the copy's frame rate or the encoder skips it."""
        picture = self._decode(data)
        if picture is None:
            return None
        interval = VIDEO_CLOCK_RATE / self._target.framerate
        elapsed = self._elapsed(timestamp)
        if elapsed is None:
            elapsed, self._wait = round(interval), interval
        if elapsed < self._wait - EARLY_SHARE * interval:
            return None
        # The next frame corrects the earliness or lateness of this one, within bounds, so that the average rate
        # is right.
        self._wait = max(interval / 2, self._wait - elapsed + interval)
        self._last_timestamp = timestamp
        width, height = _copy_size(picture.width, picture.height, self._target.height)
        return self._encode(_scaled(picture, width, height), elapsed)

    def _decode(self, data: bytes) -> VideoFrame | None:
        try:
            frames = self._decoder.decode(av.Packet(data))
        except (av.FFmpegError, ValueError, MemoryError) as error:
            # A failed FFmpeg decoder keeps broken state; a new one starts at the next keyframe.
            self._decoder = _decoder(self._codec)
            raise BrokenSource(type(error).__name__) from None
        if not frames:
            return None
        picture = frames[-1]
        if (
            picture.width * picture.height > SOURCE_MAX_PIXELS
            or min(picture.width, picture.height) < SIDE_MIN
        ):
            raise BrokenSource("size")
        return picture

    def _elapsed(self, timestamp: int) -> int | None:
        """Ticks since the last encoded frame; None at the start and after a jump."""
        if self._last_timestamp is None:
            return None
        elapsed = (timestamp - self._last_timestamp) & 0xFFFF_FFFF
        return elapsed if elapsed < 10 * VIDEO_CLOCK_RATE else None

    def _encode(self, picture: VideoFrame, elapsed: int) -> Made | None:
        encoder = self._fitting_encoder(picture.width, picture.height)
        # After a pause the encoder gets the bits of at most one second.
        elapsed = min(elapsed, VIDEO_CLOCK_RATE)
        stretched = elapsed * self._target.bitrate_bps / self._encoder_bps
        picture.pts = round(self._encoder_time)
        self._encoder_time += stretched
        picture.duration = max(1, round(self._encoder_time) - picture.pts)
        picture.time_base = Fraction(1, VIDEO_CLOCK_RATE)
        picture.pict_type = PictureType.I if self._keyframe_wanted else PictureType.NONE
        packets = encoder.encode(picture)
        data = b"".join(bytes(packet) for packet in packets)
        if not data:
            return None
        keyframe = any(packet.is_keyframe for packet in packets)
        if keyframe:
            self._keyframe_wanted = False
        return Made(data, keyframe, picture.width, picture.height)

    def _fitting_encoder(self, width: int, height: int) -> VideoCodecContext:
        encoder = self._encoder
        wanted_bps = self._target.bitrate_bps
        if encoder is not None and (encoder.width, encoder.height) == (width, height):
            stretch = wanted_bps / self._encoder_bps
            if STRETCH_MIN <= stretch <= STRETCH_MAX:
                return encoder
        self._encoder_bps = wanted_bps
        self._encoder_time = 0.0
        self._keyframe_wanted = True
        self._encoder = _encoder(width, height, self._target)
        return self._encoder


def _bounded(target: Target) -> Target:
    height = max(SIDE_MIN, min(HEIGHT_MAX, target.height))
    framerate = max(FRAMERATE_MIN, min(FRAMERATE_MAX, target.framerate))
    return Target(height, framerate, max(BITRATE_MIN_BPS, min(BITRATE_MAX_BPS, target.bitrate_bps)))


def _decoder(codec: Codec) -> VideoCodecContext:
    decoder = av.CodecContext.create(DECODERS[codec], "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count = 1
    # The decoder returns every frame at once, because none of these streams has B-frames.
    decoder.flags |= Flags.low_delay
    options = {"max_pixels": str(SOURCE_MAX_PIXELS)}
    if codec == Codec.AV1:
        options["max_frame_delay"] = "1"
    decoder.options = options
    return decoder


def _encoder(width: int, height: int, target: Target) -> VideoCodecContext:
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height = width, height
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, VIDEO_CLOCK_RATE)
    encoder.framerate = Fraction(target.framerate).limit_denominator(100)
    encoder.bit_rate = target.bitrate_bps
    encoder.gop_size = 10_000  # keyframes only on request
    encoder.thread_count = 1
    buffer_bits = round(target.bitrate_bps * BUFFER_S)
    encoder.options = {
        "deadline": "realtime",
        "cpu-used": str(CPU_USED),
        "lag-in-frames": "0",
        "minrate": str(target.bitrate_bps),
        "maxrate": str(target.bitrate_bps),
        "bufsize": str(buffer_bits),
        "rc_init_occupancy": str(buffer_bits // 2),
        "qmin": "4",
        "qmax": "60",
        # A skipped frame is better than a longer queue on a thin link.
        "drop-threshold": "25",
        # A keyframe has at most the bits of four frames: a larger one arrives a second late at 20 kbit/s.
        "max-intra-rate": "400",
        "static-thresh": "100",
    }
    encoder.open()
    return encoder


def _copy_size(width: int, height: int, wanted_height: int) -> tuple[int, int]:
    """The copy's width and height: the source's aspect ratio, both even, never larger than the source.

    In a portrait picture ``wanted_height`` applies to the shorter side.
    """
    shrink = min(1.0, wanted_height / min(width, height))
    even = (max(SIDE_MIN, round(side * shrink / 2) * 2) for side in (width, height))
    new_width, new_height = even
    return new_width, new_height


def _scaled(picture: VideoFrame, width: int, height: int) -> VideoFrame:
    """The picture as planar YUV 4:2:0 of this size; each plane by area averaging."""
    if picture.format.name not in ("yuv420p", "yuvj420p"):
        picture = picture.reformat(format="yuv420p")
    copy = VideoFrame(width, height, "yuv420p")
    for index, (plane, lines, columns) in enumerate(_planes(picture)):
        out_width, out_height = (width, height) if index == 0 else (width // 2, height // 2)
        values: npt.NDArray[np.uint8] = np.frombuffer(plane, np.uint8).reshape(lines, -1)[:, :columns]
        if (columns, lines) != (out_width, out_height):
            size = (out_width, out_height)
            values = cv2.resize(values, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        _fill(copy, index, values)
    return copy


def _planes(picture: VideoFrame) -> Iterator[tuple[memoryview, int, int]]:
    for plane in picture.planes:
        yield memoryview(plane), plane.height, plane.width


def _fill(copy: VideoFrame, index: int, values: npt.NDArray[np.uint8]) -> None:
    plane = copy.planes[index]
    lines, columns = values.shape
    target = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    target[:lines, :columns] = values
