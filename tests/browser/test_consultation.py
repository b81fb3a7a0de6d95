"""The main job on real input: two Chromium pages, one consultation, our relay between them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from benchmarks.lab.systems import people
from server.calls.tables import CallLeg
from tests.support.browsers import missing_browser
from tests.support.call import Call, in_call
from tests.support.patience import PATIENCE_S

pytestmark = [
    pytest.mark.browser,
    pytest.mark.call,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]

CALL_S = 4.0


async def call_legs(call: Call) -> Sequence[CallLeg]:
    """What both legs of the call took, once both have ended."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with call.server.services.database() as db:
                rows = (await db.scalars(select(CallLeg))).all()
            if len(rows) == 2:
                return rows
            await asyncio.sleep(0.1)


async def test_a_consultation_from_request_to_end(tmp_path: Path) -> None:
    async with in_call(tmp_path) as call:
        for page in call.pages:
            await call.hears_and_sees(page)
        before = [await call.stats(page) for page in call.pages]
        await asyncio.sleep(CALL_S)
        after = [await call.stats(page) for page in call.pages]
        for early, late in zip(before, after, strict=True):
            assert late["audio"]["energy"] > early["audio"]["energy"]
            assert late["video"]["frames"] > early["video"]["frames"]
            # The only address a page ever talks to is the server's one media port.
            assert late["remote"]["address"] == "127.0.0.1"
            assert late["legs"] == 1
        assert len({late["remote"]["port"] for late in after}) == 1

        # A link with room gets a larger picture: the page's report, steering and the ceiling work together.
        await call.until(call.clinician, "a larger picture", lambda facts: facts["video"]["width"] >= 320)

        # Mute: the doctor's page shows it, and no energy of the station's voice arrives any more.
        await people.act(call.station, "mute")
        await call.clinician.wait_for_selector(".tile-state:visible use[href$='#mic-off']", state="attached")
        await asyncio.sleep(1.0)  # what was on its way and in the jitter buffer plays out
        silent = (await call.stats(call.clinician))["audio"]["energy"]
        await asyncio.sleep(2.0)
        assert (await call.stats(call.clinician))["audio"]["energy"] - silent < 1e-3
        await people.act(call.station, "mute")
        await call.until(
            call.clinician, "voice after mute", lambda facts: facts["audio"]["energy"] > silent + 0.05
        )

        # Camera off and on.
        await people.act(call.station, "camera")
        await asyncio.sleep(1.5)
        still = (await call.stats(call.clinician))["video"]["frames"]
        await asyncio.sleep(2.0)
        assert (await call.stats(call.clinician))["video"]["frames"] - still <= 1
        await people.act(call.station, "camera")
        await call.until(
            call.clinician, "picture after camera", lambda facts: facts["video"]["frames"] > still + 5
        )

        # End, with the question that keeps a finger's slip from ending it.
        await people.act(call.clinician, "end")
        await people.act(call.clinician, "confirm")
        await people.view(call.station, "ended", "home")
        await people.view(call.clinician, "queue")

        # What it took is on disk for the reports: bytes of both, the link, and time on the ladder.
        rows = await call_legs(call)
        for row in rows:
            assert min(row.down_bytes, row.up_bytes) > 20_000
            assert row.rtt_median_ms is not None
            assert 0 < sum(json.loads(row.rung_seconds).values()) <= row.ended_at - row.began_at + 1


async def test_neither_a_lost_socket_nor_a_reload_costs_the_call_or_the_session(tmp_path: Path) -> None:
    async with in_call(tmp_path) as call:
        for page in call.pages:
            await call.hears_and_sees(page)
        before = (await call.stats(call.clinician))["audio"]["packets"]
        sockets = await call.station.evaluate("window.__sockets.length")
        await call.station.evaluate("window.__sockets.at(-1).close()")
        again = f"window.__sockets.length > {sockets} && __sockets.at(-1).readyState === 1"
        await call.until_true(call.station, again)
        assert await people.view(call.station, "call") == "call"
        facts = await call.until(
            call.clinician, "voice after the gap", lambda facts: facts["audio"]["packets"] > before + 30
        )
        assert facts["legs"] == 1
        assert (await call.stats(call.station))["legs"] == 1
        await call.station.reload()
        await people.view(call.station, "call")
        for page in call.pages:
            await call.hears_and_sees(page)
