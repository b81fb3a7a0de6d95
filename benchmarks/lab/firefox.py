"""Firefox ESR as the tests use it: invented microphone and camera, no traffic but the page's own.

Owns: the preferences and the start of Debian's browser. Playwright drives it by WebDriver BiDi (bidi.py), so who
drives a page need not know which browser shows it. Must never look a name up: pages have addresses.
"""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import BrowserContext, Playwright

from benchmarks.lab.browser import PATIENCE_MS, lab_context

FIREFOX = "firefox-esr"
ROOT = Path(__file__).parents[2]
Preferences = Mapping[str, str | int | bool]

PREFERENCES: Preferences = {
    "network.dns.disabled": True,
    # One page needs one process, and none in reserve.
    "dom.ipc.processCount": 1,
    "dom.ipc.processPrelaunch.enabled": False,
    # A tone for a microphone, and a picture that changes its colour.
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    # 0: sound may begin by itself.
    "media.autoplay.default": 0,
}
# As Firefox comes: whoever may use neither microphone nor camera hides its addresses behind .local names.
NO_DEVICES: Preferences = {
    "media.navigator.permission.disabled": False,
    # 2: refused without a question.
    "permissions.default.microphone": 2,
    "permissions.default.camera": 2,
    "media.peerconnection.ice.obfuscate_host_addresses": True,
}


def missing_firefox() -> str | None:
    """Why no Firefox can be started here, in one sentence; None if it can."""
    return None if shutil.which(FIREFOX) else f"{FIREFOX} is not installed"


@asynccontextmanager
async def firefox(
    playwright: Playwright,
    preferences: Preferences | None = None,
    *,
    namespace: str | None = None,
    origin: str | None = None,
) -> AsyncIterator[BrowserContext]:
    """A Firefox with an empty profile of its own and these ``preferences`` beside the lab's.

    ``namespace`` and ``origin`` are as in `chromium`, and so is what every page has.
    """
    chosen: dict[str, str | float | bool] = {**PREFERENCES, **(preferences or {})}
    if origin is not None:
        chosen |= {
            "dom.securecontext.allowlist": origin.split("://", 1)[1].rsplit(":", 1)[0],
            "media.devices.insecure.enabled": True,
            "media.getusermedia.insecure.enabled": True,
        }
    with tempfile.TemporaryDirectory(prefix="keneya-lab-") as directory:
        browser = await playwright.firefox.launch(
            channel="moz-firefox",  # Playwright's name for a Firefox that is not its own
            executable_path=_executable(namespace, Path(directory)),
            headless=True,
            firefox_user_prefs=chosen,
            timeout=PATIENCE_MS,
        )
        try:
            yield await lab_context(browser)
        finally:
            await browser.close()


def _executable(namespace: str | None, directory: Path) -> Path:
    wrapper = directory / "firefox"
    relay = [sys.executable, "-m", "benchmarks.lab.bidi", namespace or "-", shutil.which(FIREFOX) or FIREFOX]
    wrapper.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.join(relay)} "$@"\n')
    wrapper.chmod(0o700)
    return wrapper
