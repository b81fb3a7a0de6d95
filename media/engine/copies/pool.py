"""The worker processes that make lower copies: started when a copy needs one, ended when none does.

Owns: the number of workers, and the worker of each copy. Must never start more workers than its limit, which leaves
one core to the relay.
"""

from __future__ import annotations

import asyncio
import os

from media.core.rtp import Codec
from media.core.share import Target
from media.engine.copies.downscaler import Downscaler, Outputs
from media.engine.copies.workerprocess import WorkerProcess

# The most copies of one worker: a copy of 640x480 at 15 fps takes 2 to 5 % of a core, a copy of 1080p 20 %.
COPIES_PER_WORKER = 4


class DownscalerPool:
    """The workers. All methods must be called on one event loop."""

    def __init__(self, workers_max: int | None = None) -> None:
        """`workers_max`: the most processes; the default leaves one core to the relay."""
        self._workers_max = workers_max or max(1, (os.cpu_count() or 1) - 1)
        self._workers: list[WorkerProcess] = []
        self._next_id = 0
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def pids(self) -> list[int]:
        """The process ids of the running workers."""
        return [worker.process.pid for worker in self._workers if worker.ready and worker.process is not None]

    @property
    def restarts(self) -> int:
        """How often the current workers had to be restarted."""
        return sum(worker.restarts for worker in self._workers)

    @property
    def has_room(self) -> bool:
        """Whether a worker is free for one more copy."""
        carried = sum(len(worker.copies) for worker in self._workers)
        return carried < self._workers_max * COPIES_PER_WORKER

    def open(self, codec: Codec, target: Target, outputs: Outputs) -> Downscaler | None:
        """Make a copy of a source in `codec`; None if no worker is free."""
        worker = self._worker_for_one_more()
        if worker is None:
            return None
        self._next_id += 1
        copy = Downscaler(worker, self._next_id & 0xFFFF_FFFF, codec, target, outputs)
        worker.open_copy(copy)
        return copy

    def tidy(self) -> None:
        """End the workers without copies."""
        for worker in [one for one in self._workers if not one.copies]:
            self._workers.remove(worker)
            task = asyncio.create_task(worker.stop())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """End every worker."""
        workers, self._workers = self._workers, []
        await asyncio.gather(*(worker.stop() for worker in workers), *self._ending)

    def _worker_for_one_more(self) -> WorkerProcess | None:
        least = min(self._workers, key=lambda worker: len(worker.copies), default=None)
        if least is not None and not least.copies:
            return least
        if len(self._workers) < self._workers_max:
            self._workers.append(WorkerProcess())
            return self._workers[-1]
        if least is not None and len(least.copies) < COPIES_PER_WORKER:
            return least
        return None
