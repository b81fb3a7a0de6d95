"""The pages that people open: the start page, the clinician, the office, the mediator.

Owns: the file of each address. Browsers must revalidate a page before they use a stored copy, so that an upgrade
reaches everybody at the next load. The station's page is in server/people/stations/handlers_kiosk.py.
"""

from __future__ import annotations

from aiohttp import web

from server.platform.http.static import ASK_EVERY_TIME, WEB_FILES

PAGES = {
    "/": "landing/index.html",
    "/clinician": "clinician/index.html",
    "/office": "office/index.html",
    "/mediator": "mediator/index.html",
    # The target of the quick exit from a survivor-safe consultation: a poster without any sign of this service.
    "/conseils": "leaflet/index.html",
}


async def page(request: web.Request) -> web.Response:
    """Serve one page of the table above. Its script translates it into the language that the reader chose."""
    return answered(request, PAGES[request.path])


def answered(request: web.Request, file: str) -> web.Response:
    """The answer with one page, to which handlers may add headers."""
    return request.app[WEB_FILES].respond(request, file, ASK_EVERY_TIME)
