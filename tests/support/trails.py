"""Chains of audit entries for tests: made by the code that writes them, of any length, without a database."""

from __future__ import annotations

from hypothesis import strategies as st

from server.trail import chain
from server.trail.acts import Act, System
from server.trail.entry import (
    Entry,
    Fact,
    Ref,
    Written,
)
from signaling.messages import Role

ids = st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True)
facts = st.dictionaries(
    st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True),
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), st.sampled_from(Role), ids.map(Ref)
    ),
    max_size=5,
)
entries = st.builds(
    Entry,
    act=st.sampled_from(Act),
    actor_id=ids,
    actor_role=st.sampled_from([*Role, *System]),
    consultation_id=st.none() | ids,
    subject_id=st.none() | ids,
    facts=facts,
)


def some_entry(number: int = 1, **known: Fact) -> Entry:
    """An ordinary entry."""
    return Entry(
        Act.CONSENT_GIVEN, f"st_{number}", Role.STATION, consultation_id=f"c_{number % 7}", facts=known
    )


def chained(new: list[Entry], *, after: list[Written] | None = None, at_ms: int = 1000) -> list[Written]:
    """The entries as a chain, following those of ``after``."""
    whole = list(after or [])
    for entry in new:
        sequence = whole[-1].sequence + 1 if whole else 1
        previous = whole[-1].hash if whole else chain.GENESIS
        whole.append(chain.append(entry, sequence=sequence, at_ms=at_ms + sequence, previous_hash=previous))
    return whole


def head_of(trail: list[Written]) -> tuple[int, str]:
    """The head row of this chain."""
    return (trail[-1].sequence, trail[-1].hash) if trail else (0, chain.GENESIS)
