"""One lower copy as the relay sees it: frames go in, finished pictures come back.

Owns: how many frames of one source may be with a worker, which frames are dropped instead, and how often the source
has brought workers down. Must never decode anything nor wait for a worker: while the worker is away the copy is
silent, and it asks for a keyframe when the worker is back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from media.core.rtp import Codec
from media.core.share import Done, Kind, Message, Picture, Retarget, Simple, SourceFrame, Target

# Half a second at 15 frames a second: more would only come out late.
IN_FLIGHT_MAX = 8
# A source whose frames were being worked on at so many crashes is no accident: it is left alone.
CRASHES_MAX = 3


class FrameWorker(Protocol):
    """What a copy needs of its worker."""

    @property
    def ready(self) -> bool:
        """Whether the worker is there and takes frames."""

    def send(self, message: Message) -> None:
        """Send without waiting; dropped while the worker is away."""

    def close_copy(self, copy_id: int) -> None:
        """No more pictures of this copy."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """Who gets each finished picture, and who asks the source for a keyframe."""

    picture: Callable[[Picture], None]
    keyframe_wanted: Callable[[], None]


class Downscaler:
    """One copy, as the loop sees it. Made by `DownscalerPool.open`."""

    def __init__(
        self, worker: FrameWorker, copy_id: int, codec: Codec, target: Target, outputs: Outputs
    ) -> None:
        self.copy_id = copy_id
        self.codec = codec
        self.target = target
        self.outputs = outputs
        self.dropped_frames = 0
        self.frames = 0
        self.spent_us = 0
        self.in_flight = 0
        self.needs_keyframe = True
        self.crashes = 0
        self._worker = worker

    @property
    def running(self) -> bool:
        """Whether its worker is there and takes frames."""
        return self._worker.ready

    @property
    def broken(self) -> bool:
        """Whether this source brings workers down: nothing more will come of it."""
        return self.crashes >= CRASHES_MAX

    def feed(self, timestamp: int, keyframe: bool, data: bytes) -> None:
        """One whole frame of the source; dropped while the worker is away or behind."""
        if not self._worker.ready or self.broken:
            self.dropped_frames += 1  # when it is there, it asks for a keyframe
        elif self.in_flight >= IN_FLIGHT_MAX or (self.needs_keyframe and not keyframe):
            self.dropped_frames += 1
            self.needs_keyframe = True
            self.outputs.keyframe_wanted()
        else:
            self.needs_keyframe = False
            self.in_flight += 1
            self._worker.send(SourceFrame(self.copy_id, timestamp, keyframe, data))

    def set_target(self, target: Target) -> None:
        """Another size, frame rate or bitrate."""
        if target != self.target:
            self.target = target
            self._worker.send(Retarget(self.copy_id, target))

    def want_keyframe(self) -> None:
        """The copy's next frame shall need no other."""
        self._worker.send(Simple(Kind.KEYFRAME, self.copy_id))

    def close(self) -> None:
        """No more pictures."""
        self._worker.close_copy(self.copy_id)

    def worker_came(self) -> None:
        """A fresh worker knows this copy again, but nothing of its past."""
        self.in_flight = 0
        self.needs_keyframe = True
        self.outputs.keyframe_wanted()

    def heard(self, message: Message) -> None:
        """The worker says something about this copy."""
        match message:
            case Picture():
                self.outputs.picture(message)
            case Done(_, spent_us):
                self.in_flight = max(0, self.in_flight - 1)
                self.frames += 1
                self.spent_us += spent_us
            case Simple(Kind.WANT_KEYFRAME):
                self.needs_keyframe = True
                self.outputs.keyframe_wanted()
            case _:
                pass
