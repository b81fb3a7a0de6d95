"""`python -m media.engine.copies.worker`: the process that decodes pictures from untrusted pages.

Owns: standard input and output (copymessages.py), and the time that a frame may take. It gives up every right that
decoding does not need (confinement.py) before it reads the first frame. A crash does no harm; when the relay ends,
the input of this process ends, and the process ends too.
"""

from __future__ import annotations

import os
import resource
import sys
import time

import av
import av.logging
import cv2

from media.core.share import (
    Done,
    Kind,
    Message,
    MessageReader,
    Open,
    Picture,
    Retarget,
    Simple,
    SourceFrame,
    encode,
)
from media.engine.copies.confinement import NOT_CONFINED, NotConfined, confine
from media.engine.copies.copymaker import BrokenSource, CopyMaker

READ_BYTES = 1 << 16
# A frame takes milliseconds; if one takes seconds, it is an attack, and the kernel ends the process (SIGXCPU).
FRAME_CPU_S = 5


def allow_frame() -> None:
    """Allow processor time for one more frame."""
    used_s = time.process_time()
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used_s) + 1 + FRAME_CPU_S, hard))


class Worker:
    """The copies of this process, by id."""

    def __init__(self, write_fd: int) -> None:
        self._write_fd = write_fd
        self._copies: dict[int, CopyMaker] = {}

    def ready(self) -> None:
        """Tell the relay that this worker takes frames."""
        self._say(Simple(Kind.READY, 0))

    def handle(self, message: Message) -> None:
        """Carry out one message; a message for a closed copy is ignored."""
        if isinstance(message, Open):
            self._copies[message.copy_id] = CopyMaker(message.codec, message.target)
            return
        copy = self._copies.get(message.copy_id)
        if copy is None:
            return
        match message:
            case Retarget():
                copy.retarget(message.target)
            case SourceFrame():
                self._frame(copy, message)
            case Simple(Kind.KEYFRAME):
                copy.want_keyframe()
            case Simple(Kind.CLOSE):
                del self._copies[message.copy_id]
            case _:
                pass  # messages that only a worker sends

    def _frame(self, copy: CopyMaker, message: SourceFrame) -> None:
        allow_frame()
        started_s = time.process_time()
        try:
            made = copy.frame(message.timestamp, message.data)
        except BrokenSource:
            self._say(Simple(Kind.WANT_KEYFRAME, message.copy_id))
            made = None
        if made is not None:
            size = (made.width, made.height)
            self._say(Picture(message.copy_id, message.timestamp, made.keyframe, *size, made.data))
        self._say(Done(message.copy_id, round((time.process_time() - started_s) * 1e6)))

    def _say(self, message: Message) -> None:
        data = encode(message)
        while data:
            data = data[os.write(self._write_fd, data) :]


def main() -> None:
    """Work until the input ends."""
    cv2.setNumThreads(1)
    av.logging.set_level(None)
    try:
        confine()
    except NotConfined:
        sys.exit(NOT_CONFINED)
    reader = MessageReader()
    worker = Worker(sys.stdout.fileno())
    input_fd = sys.stdin.fileno()
    try:
        worker.ready()
        while data := os.read(input_fd, READ_BYTES):
            for message in reader.feed(data):
                worker.handle(message)
    except BrokenPipeError:
        return  # the relay has ended


if __name__ == "__main__":
    main()
