"""The order of waiting consultations."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signaling.consultation import ConsultationRecord
from signaling.messages import ConsultationState, Urgency
from signaling.queue import RANK, order, waiting_s


def record(consultation_id: str, urgency: Urgency, requested_at: float) -> ConsultationRecord:
    return ConsultationRecord(
        consultation_id=consultation_id,
        station_id=f"st-{consultation_id}",
        station_name="",
        site="",
        urgency=urgency,
        reason="",
        state=ConsultationState.REQUESTED,
        requested_at=requested_at,
    )


def test_urgency_comes_before_waiting_time() -> None:
    queue = order(
        [
            record("a", Urgency.GREEN, 1.0),
            record("b", Urgency.RED, 30.0),
            record("c", Urgency.ORANGE, 2.0),
            record("d", Urgency.RED, 20.0),
        ]
    )
    assert [r.consultation_id for r in queue] == ["d", "b", "c", "a"]


@given(st.lists(st.tuples(st.sampled_from(Urgency), st.floats(0, 5)), max_size=12), st.randoms())
def test_the_order_does_not_depend_on_the_order_of_reading(
    asked: list[tuple[Urgency, float]], random: object
) -> None:
    records = [record(f"c{n}", urgency, at) for n, (urgency, at) in enumerate(asked)]
    shuffled = list(records)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    queue = order(shuffled)
    assert queue == order(records)
    keys = [(RANK[r.urgency], r.requested_at) for r in queue]
    assert keys == sorted(keys)


def test_waiting_time_counts_whole_seconds_and_is_never_negative() -> None:
    asked = record("a", Urgency.GREEN, 100.0)
    assert waiting_s(asked, 165.9) == 65
    assert waiting_s(asked, 90.0) == 0
