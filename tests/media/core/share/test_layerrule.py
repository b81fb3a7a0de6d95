"""When a picture is made in layers, and how many of them a receiver gets."""

from __future__ import annotations

import pytest

from media.core.share.copyrule import UNLIKE_SHARE as COPY_SHARE
from media.core.share.layerrule import (
    OFF_AFTER_MS,
    ON_AFTER_MS,
    RISE_AFTER_MS,
    LayerChoice,
    LayerRule,
    LayerView,
    room_with_layers,
)

STEP_MS = 250.0


def ask(rule: LayerRule, since_ms: float, for_ms: float, *rooms_bps: float, suitable: bool = True) -> bool:
    for step in range(int(for_ms / STEP_MS) + 1):
        rule.follow(since_ms + step * STEP_MS, LayerView(rooms_bps, suitable=suitable))
    return rule.on


def test_receivers_who_differ_get_layers_after_a_while() -> None:
    rule = LayerRule()
    assert not ask(rule, 0, ON_AFTER_MS - STEP_MS, 120_000, 240_000)
    assert ask(rule, ON_AFTER_MS, 0, 120_000, 240_000)


@pytest.mark.parametrize("rooms_bps", [(240_000,), (200_000, 240_000), (40_000, 90_000)])
def test_a_single_receiver_similar_ones_and_only_thin_ones_get_no_layers(
    rooms_bps: tuple[float, ...],
) -> None:
    assert not ask(LayerRule(), 0, 60_000, *rooms_bps)


def test_layers_end_when_links_have_become_similar_for_good() -> None:
    rule = LayerRule()
    ask(rule, 0, ON_AFTER_MS, 120_000, 240_000)
    assert ask(rule, 10_000, OFF_AFTER_MS - STEP_MS, 230_000, 240_000)
    assert not ask(rule, 10_000 + OFF_AFTER_MS, 0, 230_000, 240_000)


def test_a_picture_that_needs_all_its_frames_loses_its_layers_at_once() -> None:
    rule = LayerRule()
    ask(rule, 0, ON_AFTER_MS, 120_000, 240_000)
    assert not ask(rule, 10_000, 0, 120_000, 240_000, suitable=False)


def test_the_source_may_send_a_whole_whose_base_fits_the_thinnest_room() -> None:
    assert room_with_layers(80_000, [80_000, 240_000]) == 200_000
    assert room_with_layers(120_000, [120_000, 240_000]) == 240_000
    assert room_with_layers(COPY_SHARE * 240_000, [80_000, 240_000]) < 240_000, "the rest is for a lower copy"


def test_a_receiver_gets_the_layers_that_fit_and_loses_others_at_once() -> None:
    choice = LayerChoice()
    assert choice.follow(0, 300_000, 240_000) == 2
    assert choice.follow(250, 180_000, 240_000) == 1
    assert choice.follow(500, 120_000, 240_000) == 0
    assert choice.follow(750, 10_000, 240_000) == 0, "the base always leaves: the pacer holds it back"


def test_layers_are_added_one_by_one_after_a_while_with_room() -> None:
    choice = LayerChoice()
    choice.follow(0, 120_000, 240_000)
    highest = [choice.follow(at, 400_000, 240_000) for at in range(1_000, 12_000, 250)]
    assert highest[0] == 0
    assert highest.index(1) == RISE_AFTER_MS / STEP_MS
    assert highest.index(2) > 2 * RISE_AFTER_MS / STEP_MS


def test_a_room_that_trembles_changes_nothing() -> None:
    choice = LayerChoice()
    choice.follow(0, 120_000, 240_000)
    assert {
        choice.follow(at, 170_000 if at % 500 else 190_000, 240_000) for at in range(250, 30_000, 250)
    } == {0}
