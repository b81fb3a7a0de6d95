"""Which receivers get no picture while others have room for one."""

from __future__ import annotations

import pytest

from media.core.share.noroomrule import BACK_AFTER_MS, BACK_BPS, OUT_AFTER_MS, NoRoomRule, NoRoomView
from media.core.share.smallpicture import SMALL_KEEP_BPS, SMALL_MIN_BPS

STEP_MS = 250.0
UNLIKE = {"bare": 10_000.0, "rich": 900_000.0}


def ask(
    rule: NoRoomRule[str],
    since_ms: float,
    for_ms: float,
    rooms_bps: dict[str, float],
    shown_small: frozenset[str] = frozenset(),
) -> frozenset[str]:
    out = frozenset[str]()
    for step in range(int(for_ms / STEP_MS) + 1):
        out = rule.follow(since_ms + step * STEP_MS, NoRoomView(rooms_bps, shown_small))
    return out


def test_a_link_without_room_is_left_out_after_a_while() -> None:
    rule = NoRoomRule[str]()
    assert not ask(rule, 0, OUT_AFTER_MS - STEP_MS, UNLIKE)
    assert ask(rule, OUT_AFTER_MS, 0, UNLIKE) == {"bare"}


@pytest.mark.parametrize(
    "rooms_bps",
    [{"bare": 10_000.0}, {"bare": 10_000.0, "poor": 60_000.0}, {"thin": SMALL_MIN_BPS, "rich": 900_000.0}],
)
def test_nobody_is_left_out_of_a_call_of_two_or_where_all_are_poor_or_have_room(
    rooms_bps: dict[str, float],
) -> None:
    assert not ask(NoRoomRule(), 0, 60_000, rooms_bps)


def test_a_receiver_of_a_small_picture_keeps_it_a_little_longer() -> None:
    rooms_bps = UNLIKE | {"bare": (SMALL_KEEP_BPS + SMALL_MIN_BPS) / 2}
    assert not ask(NoRoomRule(), 0, 60_000, rooms_bps, frozenset({"bare"}))
    assert ask(NoRoomRule(), 0, 60_000, rooms_bps) == {"bare"}


def test_an_omitted_receiver_returns_only_after_lasting_room() -> None:
    rule = NoRoomRule[str]()
    assert ask(rule, 0, 10_000, UNLIKE) == {"bare"}
    assert ask(rule, 11_000, 60_000, UNLIKE | {"bare": BACK_BPS - 1}) == {"bare"}
    better = UNLIKE | {"bare": float(BACK_BPS)}
    assert ask(rule, 72_000, BACK_AFTER_MS - STEP_MS, better) == {"bare"}
    assert not ask(rule, 72_000 + BACK_AFTER_MS, 0, better)


def test_no_receiver_is_left_out_once_the_one_with_room_has_left() -> None:
    rule = NoRoomRule[str]()
    assert ask(rule, 0, 10_000, UNLIKE) == {"bare"}
    assert not ask(rule, 11_000, 0, {"bare": 10_000.0, "poor": 60_000.0})
