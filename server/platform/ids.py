"""Ids of rows.

Owns: how they look: what they are of, and 64 bits of chance. Must never carry a meaning beside that.
"""

from __future__ import annotations

import secrets

BYTES = 8


def new_id(kind: str) -> str:
    """An id that nobody guesses; ``kind``: two letters that tell what it is of."""
    return f"{kind}_{secrets.token_hex(BYTES)}"
