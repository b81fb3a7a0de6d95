"""What a log may say about an exception: its type and where it came from, never its text.

Owns: `where`. A database error's text holds the values of the statement, which may be a patient's words.
"""

from __future__ import annotations

import traceback

# The innermost frames tell the place; the outer ones are the event loop's.
FRAMES = 4


def where(error: BaseException) -> dict[str, str]:
    """Log fields for an exception: ``error``, its type, and ``at``, its innermost frames."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return {
        "error": type(error).__name__,
        "at": " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames)),
    }
