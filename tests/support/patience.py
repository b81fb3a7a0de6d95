"""How long a test waits for what must happen at all.

Far above what it takes on a slow machine that is kept busy by something else: it only bounds how long a test hangs
that fails. No test asserts how long something took.
"""

from __future__ import annotations

PATIENCE_S = 120.0
PATIENCE_MS = 1000 * PATIENCE_S
