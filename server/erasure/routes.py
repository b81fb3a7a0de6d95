"""The services of erasure in a running server.

Owns: making them. There are no addresses: erasing is done at the machine.
"""

from __future__ import annotations

from aiohttp import web

from server.cases.photos.store import PHOTOS
from server.erasure.store import ERASURES, Erasures
from server.platform.http.keys import CLOCK, DATABASE, SEALING, WALL
from server.trail.trail import TRAIL


def add_erasure(app: web.Application) -> None:
    """Make the services of this area."""

    def earlier() -> float:
        """Of two times that differ, the one by which less is erased: nothing brings a key back."""
        return min(app[CLOCK](), app[WALL]())

    app[ERASURES] = Erasures(app[DATABASE], app[TRAIL], app[SEALING], app[PHOTOS].files, earlier)
