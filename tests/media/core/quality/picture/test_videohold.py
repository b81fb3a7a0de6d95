"""A page is ordered to send as little as possible before its parameters can have arrived, and never otherwise."""

from __future__ import annotations

from media.core.quality.picture.videohold import EVERY_MS, VideoHold


def due(
    hold: VideoHold,
    now_ms: float,
    *,
    wanted: bool = False,
    video_bps: float = 0.0,
    voice_bps: float = 9_000.0,
    strained: bool = True,
) -> bool:
    return hold.due(
        now_ms, asked_bps=10_300, wanted=wanted, video_bps=video_bps, voice_bps=voice_bps, strained=strained
    )


def test_an_unwanted_picture_is_held_repeatedly_while_it_fills_the_uplink() -> None:
    hold = VideoHold()
    said = [now_ms for now_ms in range(0, 1_000, 25) if due(hold, float(now_ms), video_bps=15_000)]
    assert said == list(range(0, 1_000, int(EVERY_MS)))


def test_a_voice_with_redundancy_on_a_collapsed_link_is_held_too() -> None:
    assert due(VideoHold(), 0.0, voice_bps=41_000)


def test_a_wanted_picture_is_never_held() -> None:
    assert not due(VideoHold(), 0.0, wanted=True, video_bps=200_000)


def test_requested_and_harmless_sending_is_not_held() -> None:
    assert not due(VideoHold(), 0.0, video_bps=500)
    assert not due(VideoHold(), 0.0, video_bps=50_000, strained=False)
