"""Slow hashes of passwords (argon2id, RFC 9106) and enrolment codes (scrypt, RFC 7914), off the loop.

Owns: the two worker threads in which they are computed, at low priority, and who may wait for them: strangers apart
from people who are known, and those of one network apart from all others. Must never run on the event loop (voice
packets pass there) nor say anything about what was hashed.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import threading
from collections import Counter, deque
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

# One for people who are known, one for strangers; each hash takes 46 MiB.
THREADS = 2
# At 40 ms each on two threads, sixteen waiting hashes are a third of a second; more is an attack.
MAX_WAITING = 16
# Of strangers, one hash at a time: a flood of guesses costs a core at most, at low priority, and leaves a thread to
# people who are known. Of one network as many may wait as sign in at once at a site.
STRANGERS_AT_ONCE = 1
MAX_STRANGERS_WAITING = 12
MAX_WAITING_PER_NETWORK = 4
# Of equal threads the one that forwards voice goes first (nice, as far as the kernel knows it).
THREAD_NICE = 10


ARGON2 = PasswordHasher(time_cost=ARGON2_PASSES, memory_cost=ARGON2_MEMORY_KIB, parallelism=ARGON2_LANES)


@cache
def _hash_of_nobody() -> str:
    """What an unknown login is checked against, so that it takes as long as a known one; once in a process."""
    return ARGON2.hash("nobody has this password")


class Hasher:
    """The worker threads. Every method raises TooBusy when too many hashes are waiting.

    ``network``: from where a stranger asks; empty for people who are known.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(
            max_workers=THREADS, thread_name_prefix="hashing", initializer=_give_way
        )
        self._queue = Queue()
        self._nobody = _hash_of_nobody()

    async def hash_password(self, password: str) -> str:
        """Make the argon2id string to store."""
        return await self._run(lambda: ARGON2.hash(password))

    async def verify_password(self, stored: str | None, password: str, network: str = "") -> bool:
        """Whether ``password`` belongs to ``stored``; None takes the same time and is always False."""
        right = await self._run(lambda: self._verify(stored or self._nobody, password), network)
        return right and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether ``stored`` was made with other costs than today's."""
        return ARGON2.check_needs_rehash(stored)

    async def hash_code(self, code: str, network: str = "") -> str:
        """Make the hexadecimal scrypt of a normalised enrolment code."""
        return await self._run(lambda: _scrypt(code), network)

    def close(self) -> None:
        """Let the threads end; hashes that were begun are finished."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return ARGON2.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T], network: str = "") -> T:
        await self._queue.turn(network)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._queue.done(network)


class Queue:
    """Who computes next: people who are known, then strangers, each in the order in which they came."""

    def __init__(self) -> None:
        self._known: deque[asyncio.Future[None]] = deque()
        self._strangers: deque[tuple[str, asyncio.Future[None]]] = deque()
        self._running = 0
        self._strangers_running = 0
        self._of_network: Counter[str] = Counter()

    async def turn(self, network: str) -> None:
        """Wait for one's turn, which lasts until `done`. Raises TooBusy."""
        waiter = asyncio.get_running_loop().create_future()
        if network:
            crowded = self._of_network[network] >= MAX_WAITING_PER_NETWORK
            if crowded or len(self._strangers) >= MAX_STRANGERS_WAITING:
                raise TooBusy
            self._of_network[network] += 1
            self._strangers.append((network, waiter))
        else:
            if len(self._known) >= MAX_WAITING:
                raise TooBusy
            self._known.append(waiter)
        self._next()
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self.done(network)
            elif network:
                self._leave(network)
            raise

    def done(self, network: str) -> None:
        """The turn is over."""
        self._running -= 1
        if network:
            self._strangers_running -= 1
            self._leave(network)
        self._next()

    def _leave(self, network: str) -> None:
        self._of_network[network] -= 1
        if not self._of_network[network]:
            del self._of_network[network]

    def _next(self) -> None:
        while self._running < THREADS:
            if self._known:
                waiter = self._known.popleft()
            elif self._strangers and self._strangers_running < STRANGERS_AT_ONCE:
                _, waiter = self._strangers.popleft()
                self._strangers_running += not waiter.done()
            else:
                return
            if not waiter.done():  # nobody waits any more for one that was cancelled
                self._running += 1
                waiter.set_result(None)


HASHER = web.AppKey("hasher", Hasher)


def _give_way() -> None:
    """Let this thread yield to the others of the machine; Linux keeps a niceness for each thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), THREAD_NICE)


def _scrypt(code: str) -> str:
    return hashlib.scrypt(code.encode(), salt=SCRYPT_SALT, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P, dklen=32).hex()
