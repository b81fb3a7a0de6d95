"""Sign-ins that fail: counted for operators, and handed to the trail.

Owns: `noted`. Must never look at what was typed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from server.people.errors import AuthError
from server.platform.metrics import SIGN_IN_REFUSALS
from server.trail.refused import REFUSED, Way, sign_in_refused


@contextmanager
def noted(request: web.Request, way: Way, account_id: str | None = None) -> Iterator[None]:
    """Note a refusal within the block; ``account_id``: whose sign-in it is, if that is known before."""
    try:
        yield
    except AuthError as error:
        SIGN_IN_REFUSALS.labels(kind=way.value).inc()
        request.app[REFUSED].note(sign_in_refused(way, error.about or account_id))
        raise
