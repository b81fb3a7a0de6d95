"""The size of a small picture at each bitrate."""

from __future__ import annotations

from media.core.share.simulcastrule import SMALL_MAX_BPS
from media.core.share.smallpicture import small_picture_for, small_video


def test_pictures_grow_with_the_rate() -> None:
    rates = (0, 20_000, 30_000, 50_000, 80_000, 120_000, 250_000)
    pictures = [small_picture_for(rate) for rate in rates]
    assert pictures == sorted(pictures)
    assert pictures[1] == (120, 5.0)


def test_the_small_picture_is_small() -> None:
    small, smaller = small_video(SMALL_MAX_BPS, "video/VP8"), small_video(20_000, "video/VP8")
    assert small.active
    assert small.scale_resolution_down_by == 2.0, "320x240 of 640x480"
    assert smaller.scale_resolution_down_by == 4.0, "160x120"
