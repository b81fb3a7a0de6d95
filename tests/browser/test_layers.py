"""Temporal layers in real Chromium: what is left out stays left out without a freeze, and comes back by itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from media.core.quality import views
from media.core.share import ALL_LAYERS, LAYER_MODE, LayerFilter
from media.engine.engine import MediaEngine
from media.engine.share.layers import TemporalLayers
from server.app import MEDIA
from tests.support.browsers import missing_browser
from tests.support.call import Call, in_call
from tests.support.patience import PATIENCE_S

pytestmark = [
    pytest.mark.browser,
    pytest.mark.call,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]

WATCHED_S = 3.0
# A busy machine slows a picture down as a thin link does; what was measured meanwhile says nothing about layers.
TRIES = 4
PICTURE = """async () => {
  const stats = [...(await window.__legs.at(-1).getStats()).values()];
  const shown = stats.find((one) => one.type === 'inbound-rtp' && one.framesDecoded > 0);
  return {frames: shown.framesDecoded, pli: shown.pliCount, nack: shown.nackCount};
}"""


async def watched(call: Call) -> dict[str, int]:
    """What the doctor's page decodes, and asks for, in some seconds."""
    before: dict[str, Any] = await call.clinician.evaluate(PICTURE)
    await asyncio.sleep(WATCHED_S)
    after: dict[str, Any] = await call.clinician.evaluate(PICTURE)
    return {name: after[name] - before[name] for name in after}


async def at_full_rate(call: Call) -> dict[str, int]:
    """What is decoded once the picture has grown to its frame rate; a call begins with fewer frames."""
    earlier = await watched(call)
    async with asyncio.timeout(PATIENCE_S):
        # A busy machine pauses the picture now and then.
        while (later := await watched(call))["frames"] > 1.1 * earlier["frames"] or not later["frames"]:
            earlier = later
    return later


async def with_base_alone(call: Call, layers: list[LayerFilter]) -> tuple[dict[str, int], dict[str, int]]:
    """What is decoded while the upper layers are left out, and when they are forwarded again."""
    for one in layers:
        one.target = 0
    base = await watched(call)
    for one in layers:
        one.target = ALL_LAYERS
    return base, await watched(call)


def filters(engine: MediaEngine) -> list[LayerFilter]:
    """A filter for each picture that is shown, in both directions."""
    members = [member for room in engine._rooms.values() for member in room.members]
    made = []
    for slot in (slot for member in members for slot in member.downlink.slots if slot.video.active):
        slot.video.layers = LayerFilter()
        made.append(slot.video.layers)
    return made


@pytest.mark.parametrize("codec", ["video/AV1", "video/VP9", "video/VP8"])
async def test_a_page_decodes_the_base_alone_and_all_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str
) -> None:
    monkeypatch.setattr(views, "VIDEO_PREFERENCE", (codec,))
    # Two links in one machine are alike: what the rule would ask of a group is asked here for two.
    monkeypatch.setattr(
        TemporalLayers, "share", lambda self, plan, now_ms: replace(plan, scalability_mode=LAYER_MODE)
    )
    async with in_call(tmp_path) as call:
        await call.hears_and_sees(call.clinician)
        media = call.server.app[MEDIA]
        assert isinstance(media, MediaEngine)
        both = filters(media)
        async with asyncio.timeout(PATIENCE_S):
            while not all(one.seen for one in both):  # noqa: ASYNC110 - a packet sets it
                await asyncio.sleep(0.1)
        for _ in range(TRIES):
            whole = await at_full_rate(call)
            base, again = await with_base_alone(call, both)
            if min(whole["frames"], again["frames"]) > 2 * base["frames"] > 0:
                break
        assert 0 < base["frames"] < 0.5 * whole["frames"]
        assert base["nack"] == base["pli"] == 0, "what was left out on purpose is not missed"
        assert again["frames"] > 1.5 * base["frames"]
        assert again["pli"] == 0
