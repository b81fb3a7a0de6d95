"""The log of a session: missed messages come again, once, and memory is bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.errors import UnexpectedMessage
from signaling.messages import Error, Link, LinkQuality, decode_server
from signaling.resumption import SessionLog


def error(n: int = 0) -> Error:
    return Error(code=f"e{n}")


def replay(log: SessionLog, after: int) -> list[int]:
    seqs = []
    while (kept := log.next_after(after)) is not None:
        after = kept.seq
        seqs.append(after)
    return seqs


def test_numbers_count_from_one_and_are_on_the_wire() -> None:
    log = SessionLog()
    assert [log.number(error()) for _ in range(3)] == [1, 2, 3]
    kept = log.next_after(1)
    assert kept is not None
    assert decode_server(kept.text).seq == 2


def test_an_unacknowledged_message_comes_again() -> None:
    log = SessionLog()
    for n in range(5):
        log.number(error(n))
    log.acknowledge(2)
    assert log.can_resume(3)
    assert replay(log, 3) == [4, 5]


def test_only_the_newest_of_a_kind_comes_again() -> None:
    log = SessionLog()
    for level in range(4):
        log.number(Link(quality=LinkQuality(level=level)), "link")
        log.number(error(level))
    assert replay(log, 0) == [2, 4, 6, 7, 8]
    assert log.can_resume(0)


def test_an_acknowledged_message_does_not_hide_the_next_of_its_kind() -> None:
    log = SessionLog()
    log.number(error(), "k")
    log.acknowledge(1)
    log.number(error(), "k")
    assert replay(log, 1) == [2]


def test_a_page_cannot_resume_from_before_what_it_acknowledged_or_after_what_was_sent() -> None:
    log = SessionLog()
    for _ in range(5):
        log.number(error())
    log.acknowledge(3)
    assert [log.can_resume(n) for n in range(7)] == [False, False, False, True, True, True, False]


def test_too_many_unacknowledged_messages_end_resumption_and_keep_memory_bounded() -> None:
    log = SessionLog(max_messages=4, max_bytes=10_000)
    for _ in range(10):
        log.number(error())
    assert len(log) == 4
    assert not log.can_resume(5)
    assert log.can_resume(6)
    assert not log.can_continue(5)
    assert log.can_continue(6)


def test_too_many_unacknowledged_bytes_end_resumption_too() -> None:
    log = SessionLog(max_messages=1_000, max_bytes=1_000)
    for _ in range(50):
        log.number(Error(code="x" * 100))
    assert log.backlog(0)[1] <= 1_000
    assert not log.can_resume(0)


def test_an_acknowledgement_of_an_unsent_message_is_the_pages_fault() -> None:
    log = SessionLog()
    log.number(error())
    with pytest.raises(UnexpectedMessage):
        log.acknowledge(2)


def test_a_message_sent_twice_counts_once() -> None:
    log = SessionLog()
    assert [log.take(n) for n in (1, 2, 2, 1, 3)] == [True, True, False, False, True]
    assert log.received == 3


@pytest.mark.parametrize("seq", [0, 3, 9])
def test_a_jump_in_the_numbers_of_a_page_is_a_fault(seq: int) -> None:
    log = SessionLog()
    log.take(1)
    with pytest.raises(UnexpectedMessage):
        log.take(seq)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("send"), st.sampled_from([None, "a", "b"])),
            st.tuples(st.just("lose"), st.integers(0, 3)),
            st.tuples(st.just("ack"), st.just(None)),
        ),
        max_size=80,
    )
)
def test_whatever_is_lost_a_page_gets_every_message_that_matters_in_order(
    script: list[tuple[str, object]],
) -> None:
    log = SessionLog()
    sent: list[tuple[int, object]] = []
    page: list[int] = []
    cursor = 0
    for what, detail in script:
        if what == "send":
            assert detail is None or isinstance(detail, str)
            sent.append((log.number(error(), detail), detail))
        elif what == "lose":
            # The socket took every message, the page saw only some, and resumes after those.
            assert isinstance(detail, int)
            arrived = replay(log, cursor)[:detail]
            page.extend(arrived)
            cursor = page[-1] if page else 0
            assert log.can_resume(cursor)
        elif page:
            log.acknowledge(page[-1])
    page.extend(replay(log, cursor))
    assert page == sorted(set(page))
    newest = {key: seq for seq, key in sent if key is not None}
    assert {seq for seq, key in sent if key is None or newest[key] == seq} <= set(page)
