"""Background work: which of it the end awaits, which it cancels, and how failures are logged and survived."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from server.calls.background import Background


async def test_the_end_waits_for_kept_work() -> None:
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


async def test_the_end_cancels_all_other_work() -> None:
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


async def test_periodic_work_goes_on_after_a_failure() -> None:
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


async def test_a_failed_task_is_logged() -> None:
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
