"""Chance that people read aloud, hear on the telephone, and write down.

Owns: the letters, none of which looks like another on paper or sounds so. The system's randomness is used.
"""

from __future__ import annotations

import secrets

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
GROUP_CHARS = 4


def readable(groups: int) -> str:
    """Such as ``k7fm-2xqa-w9bh``; each group has 19.8 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_CHARS)) for _ in range(groups))
