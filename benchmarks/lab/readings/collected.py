"""The document of pages/collector.js as typed values.

Owns: the shape of that document. Field names and units are the same in both files. Times are seconds since the
epoch; counters are those of W3C webrtc-stats since the leg began.
"""

from __future__ import annotations

import msgspec
from playwright.async_api import Page


class AudioStream(msgspec.Struct, frozen=True):
    """One received audio stream (RTCInboundRtpStreamStats); ``samples`` counts concealed ones too."""

    id: str
    packets: int
    payload_bytes: int
    header_bytes: int
    samples: int
    concealed: int
    duration_s: float
    energy: float


class VideoStream(msgspec.Struct, frozen=True):
    """One received video stream (RTCInboundRtpStreamStats); ``frames`` are decoded ones."""

    id: str
    packets: int
    payload_bytes: int
    header_bytes: int
    frames: int
    width: int
    height: int
    freezes: int
    freeze_s: float


class Sample(msgspec.Struct, frozen=True):
    """One reading of the newest connected leg, with the rungs that the page shows (None: it shows none)."""

    at_s: float
    leg: int
    rtt_s: float | None
    cipher: str
    ipv6: bool
    audio: list[AudioStream]
    video: list[VideoStream]
    rung_down: str | None = None
    rung_up: str | None = None


class StateChange(msgspec.Struct, frozen=True):
    """A W3C RTCPeerConnectionState and when a leg entered it."""

    leg: int
    state: str
    at_s: float


class Click(msgspec.Struct, frozen=True):
    """A click on a control, by its ``data-action``."""

    action: str
    at_s: float


class Collected(msgspec.Struct, frozen=True):
    """Everything that the collector of one page has noted since the page was opened."""

    opened_s: float
    states: list[StateChange]
    clicks: list[Click]
    samples: list[Sample]

    def connected_s(self, after_s: float = 0.0) -> float | None:
        """When a leg first connected after ``after_s``."""
        return next(
            (change.at_s for change in self.states if change.state == "connected" and change.at_s >= after_s),
            None,
        )

    def clicked_s(self, action: str) -> float | None:
        """When a control was last clicked."""
        return next((click.at_s for click in reversed(self.clicks) if click.action == action), None)


async def collect(page: Page) -> Collected:
    """Read what a page's collector has noted so far."""
    return msgspec.convert(await page.evaluate("window.__lab"), Collected, strict=False)


async def set_beat(page: Page, beat_ms: int) -> None:
    """Have the page read its statistics every ``beat_ms`` from now on."""
    await page.evaluate("beat_ms => { window.__lab.beat_ms = beat_ms; }", beat_ms)
