"""Photos that wait on the device: only a photo that has arrived, or was refused for good, is forgotten."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

# Waits end at once, and are noted: the clock of the test need not be moved.
SEND = """async () => {
    const waits = [];
    window.setTimeout = (act, ms) => { waits.push(ms); queueMicrotask(act); };
    const { sendPhotos } = await import('/web/station/cases/photokeeper.js');
    await sendPhotos('ca_1', [new Blob(['wound'])], () => undefined);
    const kept = await new Promise((resolve) => {
        const opening = indexedDB.open('keneya-photos', 1);
        opening.onsuccess = () => {
            const counting = opening.result.transaction('photos').objectStore('photos').count();
            counting.onsuccess = () => { opening.result.close(); resolve(counting.result); };
        };
    });
    return { kept, waits };
}"""


class Wire:
    """Answers pieces with ``answers``, the last one for ever; what is announced is always welcome."""

    def __init__(self, *answers: tuple[int, str], retry_after: str = "") -> None:
        self.pieces: list[int] = []
        self._answers = list(answers)
        self._headers = {"Retry-After": retry_after} if retry_after else {}

    async def __call__(self, route: Route) -> None:
        if route.request.url.endswith("/photos"):
            await route.fulfill(status=201, body='{"id": "ph_1", "received_bytes": 0}')
            return
        status, body = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        self.pieces.append(status)
        await route.fulfill(status=status, body=body, headers=self._headers if status == 429 else {})


ARRIVED = (200, '{"received_bytes": 5}')


@pytest.mark.parametrize("status", [401, 408, 425, 429, 503])
async def test_a_photo_stays_while_the_server_has_decided_nothing(modules: Page, status: int) -> None:
    await modules.route("**/api/**", Wire((status, "{}")))
    assert (await modules.evaluate(SEND))["kept"] == 1


@pytest.mark.parametrize("status", [401, 408, 425, 429, 503])
async def test_a_server_that_was_busy_for_a_moment_gets_the_photo(modules: Page, status: int) -> None:
    wire = Wire((status, "{}"), ARRIVED)
    await modules.route("**/api/**", wire)
    assert (await modules.evaluate(SEND))["kept"] == 0
    assert wire.pieces == [status, 200]


@pytest.mark.parametrize("status", [403, 404, 413, 422])
async def test_a_photo_that_was_refused_does_not_stay_on_the_device(modules: Page, status: int) -> None:
    await modules.route("**/api/**", Wire((status, "{}")))
    assert (await modules.evaluate(SEND))["kept"] == 0


@pytest.mark.parametrize(
    ("says", "waits_ms"), [("10", 10_000), ("1", 3_000), ("86400", 60_000), ("Wed, 21 Oct 2026", 3_000)]
)
async def test_the_wait_that_the_server_asks_for_is_kept(modules: Page, says: str, waits_ms: int) -> None:
    await modules.route("**/api/**", Wire((429, "{}"), ARRIVED, retry_after=says))
    assert (await modules.evaluate(SEND))["waits"] == [waits_ms]
