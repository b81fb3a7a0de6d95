"""The links of the matrix: the profiles by name, and symmetric ones by rate. PURE.

Owns: the options of `benchmarks.call` for each link. Symmetric links have a round trip of 200 ms; the plots show
only those.
"""

from __future__ import annotations

from benchmarks.lab.emulator.profiles import PROFILES

SYMMETRIC_KBPS = (16, 32, 64, 128, 256)
SYMMETRIC_RTT_MS = 200


def _symmetric(rate_kbps: int, *more: str) -> list[str]:
    return ["--down", str(rate_kbps), "--up", str(rate_kbps), "--rtt", str(SYMMETRIC_RTT_MS), *more]


LINKS: dict[str, list[str]] = {
    **{str(rate_kbps): _symmetric(rate_kbps) for rate_kbps in SYMMETRIC_KBPS},
    "128-loss10": _symmetric(128, "--loss", "10"),
    **{name: ["--profile", name] for name in PROFILES},
}
DEFAULT_LINKS = ("16", "32", "64", "128", "256", "128-loss10", "2g-rural", "2g-urban", "edge", "vsat", "3g")
QUICK_LINKS = ("32", "128", "2g-rural")


def rate_kbps(link: str) -> int | None:
    """The rate of a symmetric link, its place on the axis of the plots; None for other links."""
    return int(link) if link.isdigit() else None
