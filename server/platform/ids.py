"""Ids of rows.

Owns: their format: two letters for the kind of row, and 64 random bits. Must never contain any other meaning.
"""

from __future__ import annotations

import secrets

BYTES = 8


def new_id(kind: str) -> str:
    """An id that cannot be guessed; ``kind``: two letters for the kind of row."""
    return f"{kind}_{secrets.token_hex(BYTES)}"
