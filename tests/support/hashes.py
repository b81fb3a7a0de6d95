"""Hashes of passwords and enrolment codes that cost almost nothing, for tests of everything else.

A hash at its real cost takes as much processor time as half a test has left. What its cost protects is claimed by
tests that count the hashes, or that read the cost from the stored string (tests/attack).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from argon2 import PasswordHasher

from server.people.signin import hashing

REAL = {"ARGON2": hashing.ARGON2, "SCRYPT_N": hashing.SCRYPT_N}
# The least that argon2 and scrypt take.
CHEAP = {"ARGON2": PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), "SCRYPT_N": 2}


@contextmanager
def cheap_hashes() -> Iterator[None]:
    """Within the block this process hashes at the least cost."""
    with _costs(CHEAP):
        yield


@contextmanager
def real_hashes() -> Iterator[None]:
    """Within the block this process hashes as every other does: a code is found by its hash."""
    with _costs(REAL):
        yield


@contextmanager
def _costs(chosen: dict[str, object]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in chosen.items():
            patch.setattr(hashing, name, value)
        hashing._hash_of_nobody.cache_clear()
        yield
    hashing._hash_of_nobody.cache_clear()
