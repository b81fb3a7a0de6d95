"""Slow hashes of passwords (argon2id, RFC 9106) and enrolment codes (scrypt, RFC 7914), off the loop.

Owns: the two worker threads in which they are computed, and the bound on how many wait. Must never
run on the event loop (voice packets pass there) nor say anything about what was hashed.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from aiohttp import web
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.people.errors import TooBusy

T = TypeVar("T")

# OWASP's first choice for argon2id: 46 MiB, one pass. About 40 ms of one core, so that a sign-in
# does not take the CPU from the calls for longer than one packet time.
ARGON2_MEMORY_KIB = 47_104
ARGON2_PASSES = 1
ARGON2_LANES = 1

# An enrolment code has 40 bits: too few for a fast hash. 16 MiB and about 40 ms per guess make a stolen
# table worth nothing within the days that a code lives. The salt is fixed so that a code can be found.
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**14, 8, 1
SCRYPT_SALT = b"keneya enrolment code v1"

THREADS = 2
# At 40 ms each on two threads, sixteen waiting hashes are a third of a second; more is an attack.
MAX_WAITING = 16


ARGON2 = PasswordHasher(time_cost=ARGON2_PASSES, memory_cost=ARGON2_MEMORY_KIB, parallelism=ARGON2_LANES)


@cache
def _hash_of_nobody() -> str:
    """What an unknown login is checked against, so that it takes as long as a known one; once in a process."""
    return ARGON2.hash("nobody has this password")


class Hasher:
    """The worker threads. Every method raises TooBusy when too many hashes are waiting."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="hashing")
        self._waiting = 0
        self._nobody = _hash_of_nobody()

    async def hash_password(self, password: str) -> str:
        """Make the argon2id string to store."""
        return await self._run(lambda: ARGON2.hash(password))

    async def verify_password(self, stored: str | None, password: str) -> bool:
        """Whether ``password`` belongs to ``stored``; None takes the same time and is always False."""
        right = await self._run(lambda: self._verify(stored or self._nobody, password))
        return right and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether ``stored`` was made with other costs than today's."""
        return ARGON2.check_needs_rehash(stored)

    async def hash_code(self, code: str) -> str:
        """Make the hexadecimal scrypt of a normalised enrolment code."""
        return await self._run(lambda: _scrypt(code))

    def close(self) -> None:
        """Let the threads end; hashes that were begun are finished."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return ARGON2.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= MAX_WAITING:
            raise TooBusy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


HASHER = web.AppKey("hasher", Hasher)


def _scrypt(code: str) -> str:
    return hashlib.scrypt(code.encode(), salt=SCRYPT_SALT, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P, dklen=32).hex()
