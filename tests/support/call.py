"""A station and a doctor in two real browsers, and the pages' stats."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Error, Page, Playwright, async_playwright

from benchmarks.lab.browser import lab_context
from benchmarks.lab.systems import people
from tests.support.browsers import with_devices
from tests.support.patience import PATIENCE_S
from tests.support.server import PASSWORD, Server, running_server

# Bounds how long a failing test hangs, on a machine that is busy with other work.

STATS = """async () => {
  const leg = window.__legs.at(-1);
  const facts = {legs: window.__legs.length, audio: null, video: null, voices: {}, sent: {}, remote: null};
  if (!leg) return facts;
  const stats = await leg.getStats();
  for (const entry of stats.values()) {
    if (entry.type === 'inbound-rtp' && entry.packetsReceived > 0) {
      if (entry.totalAudioEnergy > 0) facts.voices[entry.ssrc] = entry.totalAudioEnergy;
      if (entry.kind === 'audio' && !(facts.audio && facts.audio.packets > entry.packetsReceived)) {
        facts.audio = {packets: entry.packetsReceived, energy: entry.totalAudioEnergy,
          samples: entry.totalSamplesReceived, concealed: entry.concealedSamples};
      }
      // Firefox goes on to report a slot that somebody has left.
      if (entry.kind === 'video' && entry.framesDecoded > (facts.video?.frames ?? 0)) {
        facts.video = {frames: entry.framesDecoded, width: entry.frameWidth};
      }
    }
    if (entry.type === 'outbound-rtp') facts.sent[entry.kind] = entry.packetsSent;
    if (entry.type === 'transport' && entry.selectedCandidatePairId) {
      const pair = stats.get(entry.selectedCandidatePairId);
      const remote = pair && stats.get(pair.remoteCandidateId);
      if (remote) facts.remote = {address: remote.address, port: remote.port, type: remote.candidateType};
    }
  }
  return facts;
}"""


# Keeps every socket of a page, so that a test can cut it as a radio outage does: without a closing handshake.
SOCKETS = """(() => {
  const Native = window.WebSocket;
  window.__sockets = [];
  window.WebSocket = class extends Native {
    constructor(...args) { super(...args); window.__sockets.push(this); }
  };
})()"""


class Watch:
    """Looks at pages until they show what must come."""

    async def stats(self, page: Page) -> dict[str, Any]:
        """What the page's newest leg sends and receives, and from whom."""
        facts: dict[str, Any] = await page.evaluate(STATS)
        return facts

    async def until(self, page: Page, what: str, condition: Any) -> dict[str, Any]:
        """Wait until the page's stats satisfy `condition`; returns the stats."""
        facts: dict[str, Any] = {}
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    facts = await self.stats(page)
                    if condition(facts):
                        return facts
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise AssertionError(f"never saw {what}; last: {facts}") from None

    async def until_true(self, page: Page, expression: str) -> None:
        """Wait until a JavaScript expression holds (the pages' policy forbids Playwright's own way to wait)."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not await page.evaluate(expression):  # noqa: ASYNC110 - the page cannot wake us
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"never held: {expression}") from None

    async def new_leg(self, page: Page, *, known: int = 1) -> None:
        """Wait until a leg that the page made after its first ``known`` ones is connected."""
        await self.until_true(
            page, f"__legs.length > {known} && __legs.at(-1).connectionState === 'connected'"
        )

    async def hears(self, page: Page) -> None:
        """Wait until fresh sound arrives."""
        before = await self.until(page, "voice", lambda facts: facts["audio"])
        await self.until(
            page, "more voice", lambda facts: facts["audio"]["energy"] > before["audio"]["energy"]
        )

    async def hears_and_sees(self, page: Page) -> None:
        """Wait until sound with energy and a moving picture arrive."""
        before = await self.until(page, "voice and picture", lambda facts: facts["audio"] and facts["video"])
        await self.until(
            page,
            "more voice and picture",
            lambda facts: (
                facts["audio"]
                and facts["video"]
                and facts["audio"]["energy"] > before["audio"]["energy"]
                and facts["video"]["frames"] >= before["video"]["frames"] + 5
            ),
        )


@dataclass
class Call(Watch):
    """Both pages of one consultation, and the server between them."""

    server: Server
    station: Page
    clinician: Page
    errors: list[str]

    @property
    def pages(self) -> tuple[Page, Page]:
        """Station first."""
        return self.station, self.clinician

    def watch(self, page: Page) -> None:
        """Note every error of a page. A socket that the page gives up is none, though Firefox reports it as one."""

        def note(error: Error) -> None:
            if "establish a connection" not in str(error):
                self.errors.append(str(error))

        page.on("pageerror", note)


Opens = Callable[[Playwright], AbstractAsyncContextManager[BrowserContext]]


async def profile_beside(one: BrowserContext) -> BrowserContext:
    """The profile of somebody else, in the same browser."""
    assert one.browser is not None
    return await lab_context(one.browser)


@asynccontextmanager
async def two_people(
    playwright: Playwright, opens: tuple[Opens, Opens] | None = None
) -> AsyncIterator[tuple[BrowserContext, BrowserContext]]:
    """Two profiles, in the browsers that ``opens`` gives, or in one Chromium: a start costs a second."""
    if opens is not None:
        async with opens[0](playwright) as left, opens[1](playwright) as right:
            yield left, right
        return
    async with with_devices(playwright) as left:
        yield left, await profile_beside(left)


@asynccontextmanager
async def two_pages(
    tmp_path: Path,
    playwright: Playwright,
    opens: tuple[Opens, Opens] | None = None,
    **settings: Any,
) -> AsyncIterator[Call]:
    """A running server, an enrolled station at home and a doctor on duty.

    ``opens``: as of `two_people`.
    """
    async with running_server(tmp_path, **settings) as server:
        code = (await server.new_station()).code
        await server.new_doctor()
        async with two_people(playwright, opens) as (left, right):
            for context in (left, right):
                await context.add_init_script(SOCKETS)
            station, clinician = await left.new_page(), await right.new_page()
            call = Call(server, station, clinician, [])
            for page in call.pages:
                call.watch(page)
            await people.enrol(station, server.url, code)
            await people.sign_in(clinician, server.url, "docteur", PASSWORD)
            await people.go_on_duty(clinician)
            yield call
        assert not call.errors


@asynccontextmanager
async def in_call(
    tmp_path: Path, opens: tuple[Opens, Opens] | None = None, **settings: Any
) -> AsyncIterator[Call]:
    """The pages of `two_pages`, after request and accept."""
    async with (
        async_playwright() as playwright,
        two_pages(tmp_path, playwright, opens, **settings) as call,
    ):
        await people.request(call.station, urgency="orange", reason="douleur au ventre")
        await people.accept(call.clinician)
        await people.view(call.station, "call")
        yield call
