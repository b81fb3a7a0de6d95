"""Every kind of tampering is found and named, wherever it was done."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from server.audit import checkpoint
from server.audit.checkpoint import Checkpoint
from server.audit.findings import Finding, Kind
from server.audit.verification import FINDINGS_MAX, Verification
from server.trail import chain
from server.trail.entry import Entry, Written
from tests.support.trails import chained, entries, head_of, some_entry

KEY = Ed25519PrivateKey.generate()
TEN = chained([some_entry(number) for number in range(1, 11)])
# Where only the place of an entry counts; whatever an entry says is changed in the first test of an edit.
long_enough = st.integers(3, 12).map(lambda length: [some_entry(number) for number in range(1, length + 1)])


def verified(
    trail: list[Written],
    head: tuple[int, str] | None = None,
    checkpoints: list[Checkpoint] | None = None,
    head_after: tuple[int, str] | None = None,
) -> list[Finding]:
    head = head or head_of(trail)
    run = Verification(head, checkpoints or [])
    for one in trail:
        run.feed(one)
    return run.finish(head_after or head)


def signed(trail: list[Written]) -> Checkpoint:
    sequence, head_hash = head_of(trail)
    return checkpoint.sign(KEY, sequence=sequence, head_hash=head_hash, at_ms=5)


def resealed(written: Written, **changes: Any) -> Written:
    changed = replace(written, **changes)
    return replace(changed, hash=chain.hash_of(changed))


def rewritten_from(trail: list[Written], place: int) -> list[Written]:
    """Change entry ``place`` and hash everything after it anew, as the owner of the database can."""
    made = trail[: place - 1]
    for one in trail[place - 1 :]:
        words = {"actor_id": "somebody_else"} if one.sequence == place else {}
        previous = made[-1].hash if made else chain.GENESIS
        made.append(resealed(one, previous_hash=previous, **words))
    return made


@given(st.lists(entries, max_size=12), st.integers(0, 12))
def test_an_untouched_trail_is_whole_at_every_checkpoint(new: list[Entry], cut: int) -> None:
    trail = chained(new)
    assert verified(trail, checkpoints=[signed(trail), signed(trail[:cut]), signed([])]) == []


@given(st.lists(entries, min_size=3, max_size=12), st.data())
def test_any_changed_field_is_found_as_an_edit_of_its_entry(new: list[Entry], data: st.DataObject) -> None:
    trail = chained(new)
    place = data.draw(st.integers(0, len(trail) - 1))
    field = data.draw(
        st.sampled_from(["at_ms", "act", "actor_id", "actor_role", "consultation_id", "subject_id", "facts"])
    )
    before = asdict(trail[place])[field]
    after = before + 1 if field == "at_ms" else data.draw(st.text(max_size=5).filter(lambda t: t != before))
    trail[place] = replace(trail[place], **{field: after})
    assert verified(trail) == [Finding(Kind.EDITED, place + 1, place + 1)]


@given(long_enough, st.data())
def test_an_edit_with_a_new_hash_is_found_by_the_entry_behind_it(
    new: list[Entry], data: st.DataObject
) -> None:
    trail = chained(new)
    place = data.draw(st.integers(0, len(trail) - 2))
    trail[place] = resealed(trail[place], at_ms=trail[place].at_ms + 1)
    assert verified(trail) == [Finding(Kind.EDITED, place + 1, place + 1)]


def test_an_edit_of_the_last_entry_with_a_new_hash_is_found_by_the_head_row() -> None:
    changed = [*TEN[:-1], resealed(TEN[-1], at_ms=1)]
    assert [found.kind for found in verified(changed, head_of(TEN))] == [Kind.HEAD_CHANGED]


@given(long_enough, st.data())
def test_a_deleted_run_of_entries_is_named(new: list[Entry], data: st.DataObject) -> None:
    trail = chained(new)
    first = data.draw(st.integers(1, len(trail) - 1))
    last = data.draw(st.integers(first, len(trail) - 1))
    left = trail[: first - 1] + trail[last:]
    assert verified(left, head_of(trail)) == [Finding(Kind.DELETED, first, last)]


@given(st.data())
def test_a_deletion_is_found_when_the_gap_was_closed_by_new_numbers(data: st.DataObject) -> None:
    first = data.draw(st.integers(1, 7))
    last = data.draw(st.integers(first, 8))
    behind = [replace(one, sequence=one.sequence - (last - first + 1)) for one in TEN[last:]]
    found = verified(TEN[: first - 1] + behind, head_of(TEN))
    assert found[0] == Finding(Kind.DELETED, first, last)


def test_an_inserted_entry_is_found_when_later_ones_were_renumbered() -> None:
    extra = resealed(TEN[4], sequence=5, actor_id="forged", previous_hash=TEN[3].hash)
    trail = [*TEN[:4], extra, *(replace(one, sequence=one.sequence + 1) for one in TEN[4:])]
    assert verified(trail, head_of(TEN), head_after=(11, TEN[-1].hash))[0] == Finding(Kind.INSERTED, 5, 5)


@given(long_enough, st.data())
def test_two_swapped_entries_are_both_named(new: list[Entry], data: st.DataObject) -> None:
    trail = chained(new)
    one, other = sorted(data.draw(st.sets(st.integers(0, len(trail) - 1), min_size=2, max_size=2)))
    trail[one], trail[other] = (
        replace(trail[other], sequence=one + 1),
        replace(trail[one], sequence=other + 1),
    )
    found = verified(trail, head_of(chained(new)))
    named = {finding.first for finding in found if finding.kind is Kind.REORDERED}
    assert named == {one + 1, other + 1}


@given(long_enough, st.data())
def test_a_truncated_tail_is_found_by_the_head_row(new: list[Entry], data: st.DataObject) -> None:
    trail = chained(new)
    left = data.draw(st.integers(0, len(trail) - 1))
    assert verified(trail[:left], head_of(trail)) == [Finding(Kind.TRUNCATED, left + 1, len(trail))]


@given(long_enough, st.data())
def test_an_older_copy_of_the_database_is_found_by_a_newer_checkpoint(
    new: list[Entry], data: st.DataObject
) -> None:
    trail = chained(new)
    left = data.draw(st.integers(0, len(trail) - 1))
    older = trail[:left]
    assert verified(older, head_of(older)) == []
    assert verified(older, checkpoints=[signed(trail)]) == [Finding(Kind.ROLLED_BACK, left + 1, len(trail))]


@given(st.integers(1, 9), st.integers(1, 10))
def test_an_older_copy_with_new_entries_differs_at_the_checkpoint(left: int, more: int) -> None:
    went_on = chained([some_entry(99)] * (more + 10 - left), after=TEN[:left], at_ms=2000)
    assert verified(went_on, checkpoints=[signed(TEN)]) == [Finding(Kind.REWRITTEN, 10, 10)]
    assert verified(went_on, checkpoints=[signed(TEN[:left])]) == []


@given(st.integers(1, 10), st.integers(1, 10))
def test_a_history_hashed_anew_is_found_by_any_checkpoint_after_the_change(changed: int, seen: int) -> None:
    trail = rewritten_from(TEN, changed)
    assert verified(trail) == []
    found = verified(trail, checkpoints=[signed(TEN[:seen])])
    assert found == ([Finding(Kind.REWRITTEN, seen, seen)] if seen >= changed else [])


@pytest.mark.parametrize("head", [(9, TEN[8].hash), (10, "0" * 64), (4, "0" * 64)])
def test_a_head_row_that_was_changed_is_found(head: tuple[int, str]) -> None:
    assert [found.kind for found in verified(TEN, head)] == [Kind.HEAD_CHANGED]


def test_a_missing_head_row_is_found() -> None:
    run = Verification(None)
    for one in TEN:
        run.feed(one)
    assert [found.kind for found in run.finish(None)] == [Kind.HEAD_CHANGED]


def test_entries_written_during_verification_do_no_harm() -> None:
    assert verified(TEN, head_of(TEN[:6]), head_after=head_of(TEN)) == []
    assert verified(TEN[:8], head_of(TEN[:6]), head_after=head_of(TEN)) == []


@pytest.mark.parametrize("field", ["at_ms", "act", "facts", "hash", "previous_hash", "actor_id"])
@pytest.mark.parametrize("value", [None, 1.5, b"\xff", "x"])
def test_values_of_a_wrong_type_are_an_edit(field: str, value: object) -> None:
    changed: dict[str, Any] = {field: value}
    trail = [*TEN[:4], replace(TEN[4], **changed), *TEN[5:]]
    assert Finding(Kind.EDITED, 5, 5) in verified(trail)


def test_a_sequence_that_is_not_a_number_is_an_edit() -> None:
    wrong: Any = "five"
    assert verified([*TEN[:4], replace(TEN[4], sequence=wrong)], head_of(TEN[:4])) == [
        Finding(Kind.EDITED, 5, 5)
    ]


def test_a_trail_edited_everywhere_is_reported_in_a_hundred_lines() -> None:
    trail = [replace(one, at_ms=0) for one in chained([some_entry()] * (FINDINGS_MAX + 50))]
    assert len(verified(trail)) == FINDINGS_MAX
