"""`python -m tests.benchmarks.quick_call`: the command line of `benchmarks.call`, with a doctor who hardly thinks.

Owns: what a smoke test spares: two browsers that wait cost most of a core. Everything else is the lab's own.
"""

from __future__ import annotations

import sys

from benchmarks import call
from benchmarks.lab import run

if __name__ == "__main__":
    run.THINKING_S = 1.0
    sys.exit(call.main())
