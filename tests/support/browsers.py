"""Which browser the tests of the pages drive.

Owns: the choice. The headless shell is Chromium without the windows around a page: the same pages, media and
devices, and opening a page takes 0.25 s of a processor instead of 1.1 s. The lab's own runs drive Chromium itself.
"""

from __future__ import annotations

import os
import shutil
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from playwright.async_api import BrowserContext, Playwright

from benchmarks.lab.browser import CHROMIUM, FakeMedia, chromium

# Set this to the path of another Chromium to run the tests with it.
VARIABLE = "KENEYA_TEST_BROWSER"
KNOWN = ("chromium-headless-shell", "chromium")


def browser_path() -> str | None:
    """The program to start, or nothing where there is none."""
    return os.environ.get(VARIABLE) or next(filter(None, map(shutil.which, KNOWN)), None)


def missing_browser() -> str | None:
    """Why no browser can start here, in one sentence; None if one can."""
    return None if browser_path() else f"none of {', '.join(KNOWN)} is installed"


def with_devices(playwright: Playwright) -> AbstractAsyncContextManager[BrowserContext]:
    """A browser with a microphone that beeps and a camera that plays pac-man."""
    return chromium(playwright, FakeMedia(), program=Path(browser_path() or CHROMIUM))
