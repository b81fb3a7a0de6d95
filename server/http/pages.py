"""The pages people open: the choice of faces, the station, the clinician.

Owns: which file stands behind which address. A page itself is never kept without asking, so that an
upgrade reaches every kiosk at its next load.
"""

from __future__ import annotations

from aiohttp import web

from server.http.static import ASK_EVERY_TIME, WEB_FILES

PAGES = {
    "/": "landing/index.html",
    "/station": "station/index.html",
    "/clinician": "clinician/index.html",
}


async def page(request: web.Request) -> web.Response:
    """One page of the table above; the page says itself in the language its reader chose before."""
    return request.app[WEB_FILES].respond(request, PAGES[request.path], ASK_EVERY_TIME)
