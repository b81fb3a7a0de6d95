"""The errors of the transport.

EngineError
└── OfferRefused    an SDP offer that cannot become a leg; the peer gets ``code``, nothing else happens

Owns: error types. Texts never contain received data.
"""

from __future__ import annotations


class EngineError(Exception):
    """Base of the engine's errors."""


class OfferRefused(EngineError, ValueError):
    """An SDP offer that cannot become a leg. ``code`` is a stable key of the pages' catalogs."""

    def __init__(self, code: str = "offer_refused", detail: str = "") -> None:
        self.code = code
        super().__init__(f"{code}: {detail}" if detail else code)
