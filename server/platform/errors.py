"""Refusals that know how they are answered.

Refusal            what was asked is not done; ``status`` and ``code`` say how HTTP answers
├── NotFound       there is no such thing, or it is somebody else's: the answer is the same
└── Malformed      what was sent makes no sense

Owns: the base of every domain's refusals. Texts must never carry what was sent.
"""

from __future__ import annotations


class Refusal(Exception):
    """Base of all. ``code`` is a stable key of the pages' catalogs, ``status`` what HTTP answers (RFC 9110).

    ``retry_after_s``: seconds after which to ask again; None: not said.
    """

    status = 403
    code = "forbidden"
    retry_after_s: int | None = None

    def __init__(self, code: str | None = None) -> None:
        if code is not None:
            self.code = code
        super().__init__(self.code)


class NotFound(Refusal):
    """There is no such thing that this participant may know of."""

    status = 404
    code = "not_found"


class Malformed(Refusal):
    """What was sent makes no sense."""

    status = 422
    code = "malformed"
