"""From collected samples to the numbers of a call. PURE.

Owns: the definition of every number that `benchmarks.call` prints about a receiver. Two moments (seconds since the
epoch) give a window; counters are differences over the window, stream by stream, so that a leg and its replacement
both count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

from benchmarks.lab.emulator.tally import BITS_PER_BYTE
from benchmarks.lab.readings.collected import AudioStream, Sample, VideoStream

IPV4_UDP_BYTES = 20 + 8
IPV6_UDP_BYTES = 40 + 8
# RFC 3711 (HMAC-SHA1-80) and RFC 7714 (GCM): what SRTP adds to every packet.
SHA1_TAG_BYTES = 10
GCM_TAG_BYTES = 16
# The energy of 20 ms of audio 80 dB below full scale: less than this is the silence before the first packet.
AUDIBLE_ENERGY = 1e-8 * 0.02
# From this share on, an interval between two samples counts as wholly concealed: playout works in 10 ms steps.
WHOLLY = 0.9
# A picture below 1 fps is frozen; a slice of two seconds keeps one slow frame from counting as a freeze.
FROZEN_SLICE_S = 2.0
FROZEN_BELOW_FPS = 1.0

# The collector's beat is 0.1 s: a longer time than this without a reading is time without a connected leg.
EDGE_S = 1.0

Key = tuple[int, str]
Stream = TypeVar("Stream", bound=AudioStream | VideoStream)


class Voice(NamedTuple):
    """An interval between two samples: its length, and the part that was concealed."""

    seconds: float
    hidden_s: float


def within(samples: Iterable[Sample], from_s: float, to_s: float) -> list[Sample]:
    """The samples of a window."""
    return [sample for sample in samples if from_s <= sample.at_s <= to_s]


def received(samples: Sequence[Sample], from_s: float, to_s: float) -> dict[str, Any]:
    """What one side received between two moments; the collector must run in all that time."""
    window = within(samples, from_s, to_s)
    length_s = to_s - from_s
    voice = _voice(window, from_s, to_s)
    heard_s, hidden_s = sum(item.seconds for item in voice), sum(item.hidden_s for item in voice)
    rtts_s = [sample.rtt_s for sample in window if sample.rtt_s is not None]
    return {
        "hidden_ratio": round(hidden_s / heard_s, 4),
        "longest_gap_ms": round(_longest_gap_s(voice) * 1000),
        "audio_wire_kbps": round(_wire_kbps(window, length_s, _audio_of), 2),
        "video_wire_kbps": round(_wire_kbps(window, length_s, _video_of), 2),
        **_picture(window, from_s, length_s),
        "rtt_ms": round(1000 * sum(rtts_s) / len(rtts_s), 1) if rtts_s else None,
    }


def first_audio_s(samples: Sequence[Sample], after_s: float) -> float | None:
    """When audio was first heard after ``after_s``."""
    before = [sample for sample in samples if sample.at_s < after_s]
    silent = _energies(before[-1]) if before else {}
    for sample in samples:
        gained = max((e - silent.get(key, 0.0) for key, e in _energies(sample).items()), default=0.0)
        if sample.at_s >= after_s and gained > AUDIBLE_ENERGY:
            return sample.at_s
    return None


def first_video_s(samples: Sequence[Sample], after_s: float) -> float | None:
    """When a frame was first decoded after ``after_s``."""
    before = [sample for sample in samples if sample.at_s < after_s]
    decoded = _frames(before[-1:])
    for sample in samples:
        if sample.at_s >= after_s and _frames([sample]) > decoded:
            return sample.at_s
    return None


def _energies(sample: Sample) -> dict[Key, float]:
    return {(sample.leg, stream.id): stream.energy for stream in sample.audio}


def _frames(samples: Sequence[Sample]) -> int:
    return sum(stream.frames for sample in samples for stream in sample.video)


def _audio_of(sample: Sample) -> Sequence[AudioStream]:
    return sample.audio


def _video_of(sample: Sample) -> Sequence[VideoStream]:
    return sample.video


def _voice(window: Sequence[Sample], from_s: float, to_s: float) -> list[Voice]:
    """The whole window, interval by interval; time without a connected leg counts as concealed."""
    if not window:
        return [Voice(to_s - from_s, to_s - from_s)]
    voice = [_voice_between(earlier, later) for earlier, later in pairwise(window)]
    before_s, after_s = window[0].at_s - from_s, to_s - window[-1].at_s
    if before_s > EDGE_S:
        voice.insert(0, Voice(before_s, before_s))
    if after_s > EDGE_S:
        voice.append(Voice(after_s, after_s))
    return voice or [Voice(to_s - from_s, to_s - from_s)]


def _voice_between(earlier: Sample, later: Sample) -> Voice:
    """One interval, judged on the stream that carries the voice.

    Empty slots play silence too. The voice is the stream with the most new packets; without new packets, the one
    with the most packets so far.
    """
    seconds = later.at_s - earlier.at_s
    known = {stream.id: stream for stream in earlier.audio} if earlier.leg == later.leg else {}
    pairs = [(known[stream.id], stream) for stream in later.audio if stream.id in known]
    if not pairs:
        return Voice(seconds, seconds)
    before, after = max(pairs, key=lambda pair: (pair[1].packets - pair[0].packets, pair[1].packets))
    played = after.samples - before.samples
    if after.packets == 0 or played <= 0:
        return Voice(seconds, seconds)
    return Voice(seconds, seconds * (after.concealed - before.concealed) / played)


def _longest_gap_s(voice: Iterable[Voice]) -> float:
    """The longest run of concealment; an upper bound if the run begins or ends inside an interval."""
    longest_s = run_s = 0.0
    for interval in voice:
        run_s += interval.hidden_s
        longest_s = max(longest_s, run_s)
        if interval.hidden_s < WHOLLY * interval.seconds:
            run_s = interval.hidden_s
    return longest_s


def _gain(
    window: Sequence[Sample],
    streams: Callable[[Sample], Sequence[Stream]],
    value: Callable[[Stream, Sample], float],
) -> list[float]:
    """The gain of all streams together in each interval; a new stream starts at zero."""
    gains = []
    for earlier, later in pairwise(window):
        old = {stream.id: value(stream, earlier) for stream in streams(earlier)}
        known = old if earlier.leg == later.leg else {}
        gains.append(sum(value(stream, later) - known.get(stream.id, 0) for stream in streams(later)))
    return gains


def _wire_kbps(
    window: Sequence[Sample],
    length_s: float,
    streams: Callable[[Sample], Sequence[AudioStream | VideoStream]],
) -> float:
    """Received RTP of one kind on the wire: payload, RTP header, SRTP tag, UDP and IP; no RTCP."""
    return sum(_gain(window, streams, _wire_bytes)) * BITS_PER_BYTE / 1000 / length_s


def _wire_bytes(stream: AudioStream | VideoStream, sample: Sample) -> float:
    packet_bytes = IPV6_UDP_BYTES if sample.ipv6 else IPV4_UDP_BYTES
    packet_bytes += GCM_TAG_BYTES if "GCM" in sample.cipher else SHA1_TAG_BYTES
    return stream.payload_bytes + stream.header_bytes + stream.packets * packet_bytes


def frames_gained(window: Sequence[Sample]) -> list[tuple[float, float]]:
    """The time (seconds since the epoch) and the new frames of each sample but the first."""
    gains = _gain(window, _video_of, lambda stream, _: stream.frames)
    return [(sample.at_s, gained) for sample, gained in zip(window[1:], gains, strict=True)]


def _picture(window: Sequence[Sample], from_s: float, length_s: float) -> dict[str, Any]:
    frames = frames_gained(window)
    freezes = sum(_gain(window, _video_of, lambda stream, _: stream.freezes))
    freeze_s = sum(_gain(window, _video_of, lambda stream, _: stream.freeze_s))
    slices, slices_s = _frozen_slices(((at_s - from_s, gained) for at_s, gained in frames), length_s)
    busiest = max(window[-1].video, key=lambda stream: stream.frames, default=None) if window else None
    return {
        "video_fps": round(sum(gained for _, gained in frames) / length_s, 2),
        "video_width": busiest.width if busiest else 0,
        "video_height": busiest.height if busiest else 0,
        "freezes": round(max(freezes, slices)),
        "freeze_s": round(min(length_s, max(freeze_s, slices_s)), 2),
    }


def _frozen_slices(frames: Iterable[tuple[float, float]], length_s: float) -> tuple[int, float]:
    """The freezes that Chromium does not count because it decodes hardly any frame: their number and seconds.

    ``frames``: seconds since the start of the window, frames decoded.
    """
    decoded = [0.0] * int(length_s // FROZEN_SLICE_S)
    for at_s, gained in frames:
        index = int(at_s // FROZEN_SLICE_S)
        if index < len(decoded):
            decoded[index] += gained
    frozen = [gained < FROZEN_BELOW_FPS * FROZEN_SLICE_S for gained in decoded]
    runs = sum(1 for before, now in pairwise([False, *frozen]) if now and not before)
    return runs, sum(frozen) * FROZEN_SLICE_S
