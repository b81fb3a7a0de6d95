"""What a log may contain of an exception: its type and its place in the code, never its text.

Owns: `where`. The text of a database error contains the values of the statement, which may be a patient's words.
"""

from __future__ import annotations

import traceback

# The innermost frames show the place; the outer ones belong to the event loop.
FRAMES = 4


def where(error: BaseException) -> dict[str, str]:
    """Log fields for an exception: ``error``, its type, and ``at``, its innermost frames."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return {
        "error": type(error).__name__,
        "at": " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames)),
    }
