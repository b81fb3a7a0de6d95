"""What a password must be: long enough, and nothing that guessers try first (NIST SP 800-63B, OWASP ASVS 5, 6.2).

Owns: length, the list of common passwords, and what counts as one of them in disguise. Must never ask for
capitals, digits or signs: such rules make passwords that people forget and machines do not.
"""

from __future__ import annotations

import gzip
import unicodedata
from collections.abc import Collection
from functools import cache
from itertools import pairwise
from pathlib import Path

from server.people.errors import PasswordRefused

# With a second factor for everybody; OWASP ASVS 5 asks for eight and advises fifteen.
MIN_CHARS = 12
# NIST SP 800-63B asks for at least 64; more than 256 is not typed by a person.
MAX_CHARS = 256
# A name of three letters is in too many good passwords to be held against them.
TELLING_CHARS = 4
# `0` for o and so on: guessers undo it, so do we.
UNDISGUISED = str.maketrans("01345789@$!", "oieastbgasi")

_DATA = Path(__file__).parent / "data"


def check(password: str, about: Collection[str] = ()) -> None:
    """Raise PasswordRefused with its reason; ``about`` are words of the person, such as login and name."""
    if not MIN_CHARS <= len(password) <= MAX_CHARS:
        raise PasswordRefused("password_length")
    if is_common(password, about):
        raise PasswordRefused("password_common")


def is_common(password: str, about: Collection[str] = ()) -> bool:
    """Whether guessers try this early: a known word, alone, repeated, or with numbers and signs around it."""
    plain = _plain(password)
    telling = {part for word in about for part in _plain(word).split() if len(part) >= TELLING_CHARS}
    known = _known() | telling
    return any(_made_of(candidate, known) for candidate in (plain, plain.translate(UNDISGUISED)))


def _made_of(password: str, known: frozenset[str]) -> bool:
    """Whether only known words, numbers, signs and runs of one character are in it."""
    core = password.strip("0123456789 .,;:!?-_+*/=#@$%&()'\"")
    squeezed = core.replace(" ", "")
    if len(set(squeezed)) <= 2 or password in known or core in known or squeezed in known:
        return True
    if _is_run(squeezed):
        return True
    # Two known words in a row, or one of them twice, are as quickly tried as one.
    return any(
        squeezed[:cut] in known and squeezed[cut:].strip("0123456789-_.") in known | {""}
        for cut in range(TELLING_CHARS, len(squeezed) - TELLING_CHARS + 1)
    )


def _is_run(text: str) -> bool:
    """Whether every character follows the one before it: abcdefghijkl, or back."""
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return len(steps) == 1 and steps <= {-1, 0, 1}


def _plain(text: str) -> str:
    """Without case and accents, as guessers fold it."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in apart if not unicodedata.combining(char)).strip()


@cache
def _known() -> frozenset[str]:
    listed = gzip.decompress((_DATA / "common_passwords.txt.gz").read_bytes()).decode()
    local = (_DATA / "local_words.txt").read_text(encoding="utf-8")
    return frozenset(listed.split()) | frozenset(local.split())
