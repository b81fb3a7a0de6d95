"""On a thin link with voice alone the page is asked for little feedback; a silent page gets no picture."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from media.core.quality import STALE_AFTER_MS
from media.engine.relay.control import LegControl
from media.engine.relay.control.downlinkvoices import SPARSE_FEEDBACK_MS
from media.engine.relay.downlink import Downlink
from tests.support.leg_client import Relay, relay, video_passes, voice_passes


@pytest_asyncio.fixture
async def running() -> AsyncIterator[Relay]:
    async with relay() as found:
        yield found


def control_of(running: Relay, leg_id: str) -> LegControl:
    return running.control(leg_id)


def count_numbers(downlink: Downlink, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When a packet of voice was numbered."""
    numbered: list[float] = []
    number = downlink.next_transport_number

    def counted(size_bytes: int, now_ms: float) -> int:
        numbered.append(now_ms)
        return number(size_bytes, now_ms)

    monkeypatch.setattr(downlink, "next_transport_number", counted)
    return numbered


async def test_where_voice_alone_crosses_a_thin_link_one_packet_a_second_is_numbered(
    running: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    near, far = await running.connect("near"), await running.connect("far")
    for leg_id in ("near", "far"):
        running.engine.join("room", leg_id)
    control = control_of(running, "far")
    downlink = control.member.downlink
    numbered = count_numbers(downlink, monkeypatch)
    await voice_passes(near, far, packets=10)
    assert len(numbered) >= 10
    monkeypatch.setattr(control.uplink_probe, "_rates", [20_000.0])  # of probes
    control.set_feedback_interval(0.0)
    assert downlink.voice_stamp_spacing_ms == SPARSE_FEEDBACK_MS
    downlink._next_stamp_ms = 0.0
    numbered.clear()
    await voice_passes(near, far, packets=10)
    assert 1 <= len(numbered) <= 2


async def test_a_picture_is_held_while_the_page_is_silent_and_resumes_with_its_next_report(
    running: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    await running.connect("far")
    downlink = control_of(running, "far").member.downlink
    silent_us = 10_000_000
    monkeypatch.setattr(downlink.twcc, "unanswered_us", lambda now_us: silent_us, raising=False)
    downlink.tend(1_000.0)
    assert downlink.pacer.held
    silent_us = 0
    downlink.tend(1_025.0)
    assert not downlink.pacer.held


async def test_a_picture_is_held_at_once_when_hardly_anything_comes_from_its_page(running: Relay) -> None:
    await running.connect("far")
    downlink = control_of(running, "far").member.downlink
    downlink.tend(1_000.0, stopped=True)
    assert downlink.pacer.held
    downlink.tend(1_025.0)
    assert not downlink.pacer.held


async def test_a_picture_held_during_a_collapse_is_not_sent_and_a_keyframe_is_requested(
    running: Relay,
) -> None:
    near, far = await running.connect("near"), await running.connect("far")
    for leg_id in ("near", "far"):
        running.engine.join("room", leg_id)
    await video_passes(near, far)
    downlink = control_of(running, "far").member.downlink
    picture = downlink.slots[0].video
    for moment_ms, goes_on in ((200.0, True), (STALE_AFTER_MS + 100.0, False)):
        downlink.tend(0.0, stopped=True)
        downlink.tend(moment_ms)
        assert not downlink.pacer.held
        assert picture.needs_keyframe is not goes_on


async def test_without_voice_a_held_downlink_asks_the_page_for_a_report(
    running: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    await running.connect("far")
    downlink = control_of(running, "far").member.downlink
    numbered = count_numbers(downlink, monkeypatch)
    probed: list[int] = []
    monkeypatch.setattr(downlink, "probe", lambda cluster, now_ms: probed.append(cluster.packets))
    moments_ms = [25.0 * tick for tick in range(200)]
    for now_ms in moments_ms:
        downlink.tend(now_ms, stopped=True)
    assert not numbered
    assert 4 <= len(probed) <= 5
    probed.clear()
    for now_ms in moments_ms:
        downlink.sent_packets += 1  # a voice
        downlink.tend(5_000.0 + now_ms, stopped=True)
    assert len(probed) <= 1
