"""When receivers of one picture are too unlike for one encoding."""

from __future__ import annotations

from media.core.share.group import BEST_ROOM_MIN_BPS, unlike


def test_a_room_far_below_the_best_is_unlike() -> None:
    assert unlike(50_000, (50_000, 400_000), share=1 / 3)
    assert not unlike(200_000, (200_000, 400_000), share=1 / 3)


def test_one_receiver_or_none_is_no_group() -> None:
    assert not unlike(50_000, (50_000,), share=1.0)
    assert not unlike(0, (), share=1.0)


def test_no_receiver_is_unlike_where_even_the_best_room_is_thin() -> None:
    best_bps = BEST_ROOM_MIN_BPS - 1
    assert not unlike(10_000, (10_000, best_bps), share=1 / 3)
    assert unlike(10_000, (10_000, best_bps), share=1 / 3, best_min_bps=best_bps)
