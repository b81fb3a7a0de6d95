"""The codes that enrol a station: made to be read aloud on a telephone and typed at a kiosk.

Owns: the alphabet, making a code and reading what was typed. Pure but for the system's randomness.
"""

from __future__ import annotations

import secrets

# Crockford's base 32 without its look-alikes and without U (no accidental words): 0/O, 1/I/L.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
# 30^8 = 6.6e11 codes: with the growing waits, guessing one within its days is hopeless.
LENGTH = 8
TYPED_MAX_CHARS = 40


def new_code() -> str:
    """A new code, in capitals."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def shown(code: str) -> str:
    """A code as people read it: two groups of four."""
    return f"{code[:4]}-{code[4:]}"


def normalised(typed: str) -> str | None:
    """The code that was meant, whatever case, blanks and dashes it was typed with; None: not a code."""
    code = "".join(char for char in typed.upper() if char.isalnum())
    if len(code) != LENGTH or any(char not in ALPHABET for char in code):
        return None
    return code
