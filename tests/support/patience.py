"""How long a test waits for an event that must happen.

The bound is far above the time that the event takes on a slow, busy machine: it only limits how long a failing test
hangs. No test asserts a duration.
"""

from __future__ import annotations

PATIENCE_S = 120.0
PATIENCE_MS = 1000 * PATIENCE_S
