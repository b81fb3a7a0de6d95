"""One lower copy as the relay sees it: it sends frames to a worker, and gets finished pictures back.

Owns: the limit of one source's frames in a worker, the choice of dropped frames, and the count of worker crashes by
the source. Must never decode anything or wait for a worker: while the worker is restarting, the copy sends nothing,
and when the worker is back, the copy asks for a keyframe.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from media.core.rtp import Codec
from media.core.share import Done, Kind, Message, Picture, Retarget, Simple, SourceFrame, Target

# Half a second at 15 frames a second: further frames would be late.
IN_FLIGHT_MAX = 8
# A source that was being decoded at this many crashes is not decoded any more.
CRASHES_MAX = 3


class FrameWorker(Protocol):
    """The methods of the worker that a copy uses."""

    @property
    def ready(self) -> bool:
        """Whether the worker runs and takes frames."""

    def send(self, message: Message) -> None:
        """Send without waiting; the message is dropped while the worker does not run."""

    def close_copy(self, copy_id: int) -> None:
        """Stop making pictures of this copy."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """The receiver of finished pictures, and the function that asks the source for a keyframe."""

    picture: Callable[[Picture], None]
    keyframe_wanted: Callable[[], None]


class Downscaler:
    """One copy, as the event loop sees it. `DownscalerPool.open` makes it."""

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
        """Whether its worker runs and takes frames."""
        return self._worker.ready

    @property
    def broken(self) -> bool:
        """Whether this source has crashed too many workers and is not decoded any more."""
        return self.crashes >= CRASHES_MAX

    def feed(self, timestamp: int, keyframe: bool, data: bytes) -> None:
        """Send one complete frame of the source; it is dropped while the worker does not run or is late."""
        if not self._worker.ready or self.broken:
            self.dropped_frames += 1  # the worker asks for a keyframe when it runs again
        elif self.in_flight >= IN_FLIGHT_MAX or (self.needs_keyframe and not keyframe):
            self.dropped_frames += 1
            self.needs_keyframe = True
            self.outputs.keyframe_wanted()
        else:
            self.needs_keyframe = False
            self.in_flight += 1
            self._worker.send(SourceFrame(self.copy_id, timestamp, keyframe, data))

    def set_target(self, target: Target) -> None:
        """Set size, frame rate and bitrate."""
        if target != self.target:
            self.target = target
            self._worker.send(Retarget(self.copy_id, target))

    def want_keyframe(self) -> None:
        """Make the next frame of the copy a keyframe."""
        self._worker.send(Simple(Kind.KEYFRAME, self.copy_id))

    def close(self) -> None:
        """Stop making pictures."""
        self._worker.close_copy(self.copy_id)

    def worker_came(self) -> None:
        """A new worker makes this copy now, without its past frames: ask the source for a keyframe."""
        self.in_flight = 0
        self.needs_keyframe = True
        self.outputs.keyframe_wanted()

    def heard(self, message: Message) -> None:
        """Process a message of the worker about this copy."""
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
