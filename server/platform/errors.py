"""Refusals, with the status and code of their HTTP answer.

Refusal            the request is refused; ``status`` and ``code`` give the HTTP answer
├── NotFound       the thing does not exist, or belongs to somebody else: the answer is the same
└── Malformed      the input is not valid

Owns: the base of every domain's refusals. Texts must never contain input.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class Refusal(Exception):
    """Base of all refusals. ``code``: a stable key of the pages' catalogs; ``status``: the HTTP status (RFC 9110).

    ``retry_after_s``: seconds after which to ask again; None: the answer does not say. ``more``: what the answer
    says beside the code, to somebody who may know it. ``about``: the id of the row that was asked for, if there is
    one: for the trail alone, never for an answer.
    """

    status = 403
    code = "forbidden"
    retry_after_s: int | None = None

    def __init__(
        self,
        code: str | None = None,
        *,
        about: str | None = None,
        more: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        if code is not None:
            self.code = code
        self.about = about
        self.more = more
        super().__init__(self.code)


class NotFound(Refusal):
    """The thing does not exist, or this participant may not know of it."""

    status = 404
    code = "not_found"


class Malformed(Refusal):
    """The input is not valid."""

    status = 422
    code = "malformed"
