"""No program that a test starts raises its priority."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ASK_FOR_MORE = """
import os
try:
    os.setpriority(os.PRIO_PROCESS, 0, -8)
except PermissionError:
    print("refused")
else:
    print("given")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may raise a priority")
def test_a_child_of_root_cannot_raise_its_priority() -> None:
    answer = subprocess.run([sys.executable, "-c", ASK_FOR_MORE], capture_output=True, text=True, check=True)
    assert answer.stdout == "refused\n"
