"""The pages people open: the choice of faces, the clinician, the office, the mediator.

Owns: which file stands behind which address. A page itself is never kept without asking, so that an
upgrade reaches everybody at the next load. The station's page is in server/people/stations/handlers_kiosk.py.
"""

from __future__ import annotations

from aiohttp import web

from server.platform.http.static import ASK_EVERY_TIME, WEB_FILES

PAGES = {
    "/": "landing/index.html",
    "/clinician": "clinician/index.html",
    "/office": "office/index.html",
    "/mediator": "mediator/index.html",
    # Where the quick exit of a survivor-safe consultation leads: a poster, and nothing of ours.
    "/conseils": "leaflet/index.html",
}


async def page(request: web.Request) -> web.Response:
    """One page of the table above. Its script puts it into the language its reader chose before."""
    return answered(request, PAGES[request.path])


def answered(request: web.Request, file: str) -> web.Response:
    """The answer that carries one page; handlers may add to it."""
    return request.app[WEB_FILES].respond(request, file, ASK_EVERY_TIME)
