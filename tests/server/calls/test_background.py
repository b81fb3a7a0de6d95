"""Work in the background: what its end waits for, what it cuts short, and that a failure is heard and survived."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from server.calls.background import Background


async def test_the_end_waits_for_what_is_kept() -> None:
    background, gate, ends = Background(), asyncio.Event(), []

    async def work() -> None:
        await gate.wait()
        ends.append("finished")

    background.keep(work())
    stopping = asyncio.create_task(background.stop())
    await asyncio.sleep(0)
    assert not stopping.done()
    gate.set()
    await stopping
    assert ends == ["finished"]


async def test_the_end_cuts_everything_else_short() -> None:
    background, begun, ends = Background(), asyncio.Event(), []

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("over")

    background.spawn(work())
    await begun.wait()
    await background.stop()
    assert ends == ["over"]


async def test_work_that_fails_once_comes_again() -> None:
    background, again = Background(), asyncio.Event()
    tries = 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ValueError("patient words")
        again.set()

    with capture_logs() as logs:
        background.repeat(0.0, work)
        await again.wait()
        await background.stop()
    failed = [entry for entry in logs if entry["event"] == "periodic_work_failed"]
    assert len(failed) == 1
    assert "patient words" not in str(failed)


async def test_a_task_that_fails_is_heard_of() -> None:
    background, done = Background(), asyncio.Event()

    async def work() -> None:
        done.set()
        raise ValueError("patient words")

    with capture_logs() as logs:
        background.spawn(work())
        await done.wait()
        await background.stop()
    assert [entry["event"] for entry in logs] == ["background_failed"]
    assert "patient words" not in str(logs)
