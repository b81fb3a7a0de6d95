"""Chromium as the lab uses it: fake microphone and camera, no traffic but the page's own.

Owns: the flags, the wrapper that starts a browser inside a network namespace, and the collector script that every
page gets. Must never reach another host: the browser resolves no name but the page's own address.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Playwright

CHROMIUM = Path("/usr/bin/chromium")
COLLECTOR = Path(__file__).parent / "pages" / "collector.js"
SENSES = COLLECTOR.with_name("senses.js")
# The size of a kiosk's touch screen, used on both sides.
VIEWPORT = {"width": 1280, "height": 800}
# The longest wait for something that a page must show; a busy machine is slow.
PATIENCE_MS = 120_000.0

QUIET_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MEDIA_FLAGS = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    # Allows calls over the loopback on a machine without a network.
    "--allow-loopback-in-peer-connection",
    # Candidates carry addresses: .local names cannot be resolved in a namespace.
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)


@dataclass(frozen=True)
class FakeMedia:
    """The files that a browser plays as microphone (WAV) and camera (Y4M); None: Chromium's beep and pac-man."""

    speech: Path | None = None
    picture: Path | None = None
    # Further flags of Chromium, such as the versions of DTLS that it speaks.
    more: tuple[str, ...] = ()

    def flags(self) -> list[str]:
        """The Chromium flags that play these files."""
        flags = [*MEDIA_FLAGS, *self.more]
        if self.speech is not None:
            flags.append(f"--use-file-for-fake-audio-capture={self.speech}")
        if self.picture is not None:
            flags.append(f"--use-file-for-fake-video-capture={self.picture}")
        return flags


@dataclass(frozen=True)
class NoMedia(FakeMedia):
    """As a browser comes: a page may use neither microphone nor camera, and does not learn the own addresses."""

    def flags(self) -> list[str]:
        """The flags that remain."""
        return list(self.more)


def missing_browser() -> str | None:
    """Why no browser can start here, in one sentence; None if it can."""
    return None if shutil.which(str(CHROMIUM)) else f"{CHROMIUM} is not installed"


@asynccontextmanager
async def chromium(
    playwright: Playwright,
    media: FakeMedia,
    *,
    namespace: str | None = None,
    origin: str | None = None,
    program: Path = CHROMIUM,
) -> AsyncIterator[BrowserContext]:
    """A Chromium (``program``) with an empty profile of its own, in ``namespace`` if one is given.

    ``origin`` (scheme, address and port) may use camera and microphone over plain HTTP, and its host is the only
    one that the browser resolves; without ``origin`` this holds for the loopback. Every page has `window.__legs`,
    `window.__lab` (pages/collector.js) and `window.__senses` (pages/senses.js).
    """
    flags = [*QUIET_FLAGS, *media.flags()]
    reachable = "localhost"
    if origin is not None:
        flags.append(f"--unsafely-treat-insecure-origin-as-secure={origin}")
        reachable = origin.split("://", 1)[1].rsplit(":", 1)[0]
    flags.append(f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {reachable}, EXCLUDE 127.0.0.1")
    with tempfile.TemporaryDirectory(prefix="keneya-lab-") as directory:
        browser = await playwright.chromium.launch(
            executable_path=_executable(program, namespace, Path(directory)),
            headless=True,
            args=flags,
            timeout=PATIENCE_MS,
        )
        try:
            yield await lab_context(browser)
        finally:
            await browser.close()


async def lab_context(browser: Browser) -> BrowserContext:
    """The profile of a lab's person, with what every page has."""
    context = await browser.new_context(
        viewport={"width": VIEWPORT["width"], "height": VIEWPORT["height"]}, locale="fr-FR"
    )
    context.set_default_timeout(PATIENCE_MS)
    await context.add_init_script(path=COLLECTOR)
    await context.add_init_script(path=SENSES)
    return context


def _executable(program: Path, namespace: str | None, directory: Path) -> Path:
    if namespace is None:
        return program
    wrapper = directory / "chromium"
    wrapper.write_text(f'#!/bin/sh\nexec ip netns exec {namespace} {program} "$@"\n')
    wrapper.chmod(0o700)
    return wrapper
