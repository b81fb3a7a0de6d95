"""The pages' frames are the server's, byte for byte; a page goes on over a new channel where it stopped."""

from __future__ import annotations

import zlib
from typing import Any

import pytest
from playwright.async_api import Page

from media.core.stills import (
    NO_SLOT,
    Cancel,
    Chunk,
    Done,
    Frame,
    Grant,
    Have,
    Hello,
    Offer,
    StillKind,
    StillMime,
    build,
    parse,
)

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

# A still channel on a data channel of the test's own: what goes out is kept as lists of bytes.
START = """async () => {
  const { StillChannel } = await import('/web/shared/stills/stills.js');
  window.events = [];
  const plain = (value) => value instanceof Blob ? value.size : value.id ?? value;
  const note = (name) => (...args) => window.events.push([name, ...args.map(plain)]);
  window.stills = new StillChannel({
    onSent: note('sent'), onUnsent: note('unsent'), onComing: note('coming'),
    onStill: note('still'), onLost: note('lost'),
  });
  window.open = () => {
    window.out = [];
    const send = (data) => window.out.push([...new Uint8Array(data)]);
    window.channel = {readyState: 'open', bufferedAmount: 0, send};
    window.stills.attach(window.channel);
  };
  window.open();
}"""
SAY = "(bytes) => window.channel.onmessage({data: new Uint8Array(bytes).buffer})"
PICTURE = bytes(range(256)) * 8


async def start(page: Page) -> None:
    await page.evaluate(START)


async def say(page: Page, frame: Frame) -> None:
    await page.evaluate(SAY, list(build(frame)))


async def out(page: Page) -> list[Frame]:
    sent: list[list[int]] = await page.evaluate("window.out")
    return [parse(bytes(data)) for data in sent]


async def send(page: Page) -> int:
    """The page sends PICTURE, asked for; gives the still's id."""
    script = """(bytes) => window.stills.send(
        {bytes: new Uint8Array(bytes), mime: 'image/webp', width: 640, height: 480}, true)"""
    return int(await page.evaluate(script, list(PICTURE)))


async def events(page: Page) -> list[Any]:
    found: list[Any] = await page.evaluate("window.events")
    return found


async def test_what_a_page_writes_the_server_reads(modules: Page) -> None:
    await start(modules)
    still_id = await send(modules)
    crc = zlib.crc32(PICTURE)
    offer = Offer(still_id, len(PICTURE), crc, 640, 480, StillKind.ASKED, StillMime.WEBP, NO_SLOT)
    assert await out(modules) == [Hello(), offer]
    await say(modules, Grant(64_000, 700))
    await say(modules, Have(still_id, 0))
    await modules.clock.run_for(3_000)
    chunks = [frame for frame in await out(modules) if isinstance(frame, Chunk)]
    assert b"".join(chunk.data for chunk in chunks) == PICTURE
    assert [len(chunk.data) for chunk in chunks] == [700, 700, 648]
    await say(modules, Done(still_id))
    assert (await events(modules))[-1] == ["sent", still_id, 1]


async def test_a_page_sends_at_the_granted_pace_and_no_further_than_the_window(modules: Page) -> None:
    await start(modules)
    still_id = await send(modules)
    await say(modules, Have(still_id, 0))
    await modules.clock.run_for(2_000)
    assert not [frame for frame in await out(modules) if isinstance(frame, Chunk)]  # nothing granted yet
    await say(modules, Grant(4_000, 200))
    await modules.clock.run_for(3_000)
    chunks = [frame for frame in await out(modules) if isinstance(frame, Chunk)]
    assert 3 <= len(chunks) <= 6  # 1,500 bytes of 302 each
    await modules.clock.run_for(60_000)
    chunks = [frame for frame in await out(modules) if isinstance(frame, Chunk)]
    assert sum(len(chunk.data) for chunk in chunks) == 1_600  # and nobody has acknowledged any


async def test_a_page_goes_on_over_a_new_channel_where_it_stopped(modules: Page) -> None:
    await start(modules)
    still_id = await send(modules)
    await say(modules, Grant(64_000, 700))
    await say(modules, Have(still_id, 0))
    await modules.clock.run_for(200)
    await modules.evaluate("window.open()")
    hello, offer = await out(modules)
    assert hello == Hello((still_id,))
    assert isinstance(offer, Offer)
    await say(modules, Have(still_id, 1_400))
    await say(modules, Grant(64_000, 700))
    await modules.clock.run_for(3_000)
    chunks = [frame for frame in await out(modules) if isinstance(frame, Chunk)]
    assert [(chunk.offset, chunk.data) for chunk in chunks] == [(1_400, PICTURE[1_400:])]


async def receive(page: Page, offer: Offer, start_at: int, end: int, step: int = 500) -> None:
    for offset in range(start_at, end, step):
        await say(page, Chunk(offer.still_id, offset, PICTURE[offset : min(offset + step, end)]))


INCOMING = Offer(2**31 + 1, len(PICTURE), zlib.crc32(PICTURE), 640, 480, StillKind.ASKED, StillMime.JPEG, 0)


async def test_a_still_comes_in_over_two_channels_and_is_whole(modules: Page) -> None:
    await start(modules)
    await say(modules, INCOMING)
    await receive(modules, INCOMING, 0, 1_500)
    assert (await out(modules))[1:] == [Have(INCOMING.still_id, 0), Have(INCOMING.still_id, 1_500)]
    await modules.evaluate("window.open()")
    await say(modules, INCOMING)
    assert (await out(modules))[1:] == [Have(INCOMING.still_id, 1_500)]
    await receive(modules, INCOMING, 1_500, len(PICTURE))
    assert (await out(modules))[-1] == Done(INCOMING.still_id)
    assert (await events(modules))[-1] == ["still", INCOMING.still_id, len(PICTURE)]
    await say(modules, INCOMING)  # our "done" was lost
    assert (await out(modules))[-1] == Done(INCOMING.still_id)


async def test_a_still_that_comes_damaged_twice_is_given_up(modules: Page) -> None:
    await start(modules)
    damaged = Offer(2**31 + 2, 4, zlib.crc32(b"good"), 1, 1, StillKind.ASKED, StillMime.WEBP, 0)
    await say(modules, damaged)
    await say(modules, Chunk(damaged.still_id, 0, b"evil"))
    assert (await out(modules))[-1] == Have(damaged.still_id, 0)
    await say(modules, Chunk(damaged.still_id, 0, b"evil"))
    assert (await out(modules))[-1] == Cancel(damaged.still_id)
    assert (await events(modules))[-1] == ["lost", damaged.still_id]


async def test_a_half_still_that_nobody_offers_again_is_let_go(modules: Page) -> None:
    await start(modules)
    await say(modules, INCOMING)
    await receive(modules, INCOMING, 0, 500)
    await modules.evaluate("window.open()")
    await modules.clock.run_for(21_000)
    assert (await events(modules))[-1] == ["lost", INCOMING.still_id]
