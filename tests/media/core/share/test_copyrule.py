"""When a receiver gets a lower copy, and when it gets the original again."""

from __future__ import annotations

from media.core.share.copyrule import (
    DISOBEDIENT_MS,
    OFF_AFTER_MS,
    ON_AFTER_MS,
    CopyView,
    LowerCopyRule,
    SourceView,
)

OBEDIENT = SourceView(asked_bps=60_000, sent_bps=64_000)
DEAF = SourceView(asked_bps=60_000, sent_bps=400_000)
STEP_MS = 250.0


def ask(
    rule: LowerCopyRule,
    since_ms: float,
    for_ms: float,
    room_bps: float,
    *others: float,
    source: SourceView = OBEDIENT,
) -> bool:
    answer = rule.on
    for step in range(int(for_ms / STEP_MS) + 1):
        answer = rule.follow(since_ms + step * STEP_MS, CopyView(room_bps, (room_bps, *others), source))
    return answer


def test_a_room_under_a_third_of_the_best_gets_the_copy_after_a_while() -> None:
    rule = LowerCopyRule()
    assert not ask(rule, 0, ON_AFTER_MS - STEP_MS, 50_000, 400_000)
    assert ask(rule, ON_AFTER_MS, 0, 50_000, 400_000)
    assert rule.unlike


def test_similar_receivers_share_one_encoding() -> None:
    assert not ask(LowerCopyRule(), 0, 60_000, 140_000, 400_000)
    assert not ask(LowerCopyRule(), 0, 60_000, 50_000), (
        "with one receiver the source itself is asked for less"
    )


def test_where_every_room_is_thin_the_source_sends_less() -> None:
    assert not ask(LowerCopyRule(), 0, 60_000, 25_000, 100_000)


def test_a_room_too_small_for_any_picture_gets_no_copy() -> None:
    assert not ask(LowerCopyRule(), 0, 60_000, 15_000, 400_000)


def test_the_copy_stays_through_swings_and_ends_when_the_room_has_grown_for_good() -> None:
    rule = LowerCopyRule()
    ask(rule, 0, ON_AFTER_MS, 50_000, 400_000)
    assert ask(rule, 10_000, 60_000, 180_000, 400_000), "half of the best is not reached"
    assert ask(rule, 80_000, OFF_AFTER_MS - STEP_MS, 250_000, 400_000)
    assert not ask(rule, 80_000 + OFF_AFTER_MS, 0, 250_000, 400_000)


def test_swings_shorter_than_the_waits_change_nothing() -> None:
    rule = LowerCopyRule()
    for second in range(60):
        room_bps = 50_000 if second % 2 else 300_000
        ask(rule, second * 1_000, 750, room_bps, 400_000)
    assert not rule.on


def test_a_source_that_keeps_sending_too_much_is_made_smaller_even_for_one() -> None:
    rule = LowerCopyRule()
    assert not ask(rule, 0, DISOBEDIENT_MS, 60_000, source=DEAF)
    assert ask(rule, DISOBEDIENT_MS + STEP_MS, ON_AFTER_MS, 60_000, source=DEAF)
    assert not rule.unlike
    assert not ask(rule, 30_000, OFF_AFTER_MS + STEP_MS, 60_000), "the source follows its limit again"


def test_a_receiver_with_room_for_the_whole_picture_keeps_the_original() -> None:
    assert not ask(LowerCopyRule(), 0, 60_000, 500_000, source=DEAF)


def test_a_source_at_its_encoders_minimum_does_not_count_as_sending_too_much() -> None:
    assert not SourceView(asked_bps=12_000, sent_bps=40_000).sends_too_much
    assert SourceView(asked_bps=0, sent_bps=200_000).sends_too_much
    assert not SourceView(asked_bps=200_000, sent_bps=290_000).sends_too_much
