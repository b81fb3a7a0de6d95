"""Keeps every process of a test run at the priority of the run.

Owns: taking away the capability to raise a priority. Must never change the priority of this process.
"""

from __future__ import annotations

import ctypes

# linux/prctl.h and linux/capability.h
PR_CAPBSET_DROP = 24
CAP_SYS_NICE = 23


def let_no_child_raise_its_priority() -> None:
    """Start no program from here on that may raise its priority (capabilities(7), bounding set).

    A Chromium of root runs parts of itself at nice -8. On a machine of two cores a server or a test at nice 0 then
    gets a twentieth of the time. Without root the call fails and is not needed.
    """
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_NICE, 0, 0, 0)
