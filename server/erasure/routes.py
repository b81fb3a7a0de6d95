"""The services of erasure in a running server.

Owns: making them. Erasing is done at the machine; the one address takes back a case that was sent a moment ago.
"""

from __future__ import annotations

from aiohttp import web

from server.cases.photos.store import PHOTOS
from server.erasure import takingback
from server.erasure.store import ERASURES, Erasures
from server.platform.http.keys import CLOCK, DATABASE, SEALING, WALL
from server.trail.trail import TRAIL


def add_erasure(app: web.Application) -> None:
    """Make the services of this area."""

    def earlier() -> float:
        """Of two times that differ, the one by which less is erased: nothing brings a key back."""
        return min(app[CLOCK](), app[WALL]())

    app[ERASURES] = Erasures(app[DATABASE], app[TRAIL], app[SEALING], app[PHOTOS].files, earlier)
    app.router.add_post("/api/cases/taken-back", takingback.take_back)
