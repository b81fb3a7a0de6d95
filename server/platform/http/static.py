"""The files of the pages, served from memory: read, hashed and compressed once at start.

Owns: which files of the ``web`` package are served, their compression (RFC 9110 content coding gzip) and their
caching (RFC 9111). A request is a look-up in a dictionary: the path of a request never reaches the file system, so
nothing outside the folder, and no Python file, can be served.

The sources of pages refer to files as /web/<path>; served pages refer to /web/@<version>/<path>, where the
version is a hash over all files. The content of such an address never changes, and browsers keep it for a year:
on a 1.3 s link, a second visit requests one page and nothing else. Module imports are relative, so they stay
within the version. combine.py puts the modules of each page into one file and the style sheets into another; the
minifier then removes comments and shortens local names.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import minify
from aiohttp import web

from server.platform.http.combine import combine

MIME_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".png": "image/png",
    ".webp": "image/webp",
    ".ico": "image/vnd.microsoft.icon",
    ".woff2": "font/woff2",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".wav": "audio/wav",
    ".txt": "text/plain",
}
TEXT_SUFFIXES = frozenset({".html", ".css", ".js", ".json", ".svg", ".webmanifest", ".txt"})
# Comments and long names would add ten seconds to a first visit on a 20 kbit/s link.
MINIFIED = {".js": "text/javascript", ".css": "text/css"}
GZIP_LEVEL = 9  # the best compression; it costs time only at start

PREFIX = "/web/"
PART_OF_A_PAGE = web.ResponseKey("part_of_a_page", bool)
KEEP_FOR_A_YEAR = "public, max-age=31536000, immutable"
ASK_EVERY_TIME = "no-cache"


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is sent. ``compressed`` is None if gzip does not make it smaller."""

    content_type: str
    plain: bytes
    compressed: bytes | None
    etag: str


class WebFiles:
    """Every file of the pages, by its path within the folder, with forward slashes."""

    def __init__(self, folder: Path) -> None:
        # The hash covers the combined files, so that a change of combine.py changes the version too.
        contents = {name: _minified(name, body) for name, body in combine(_read(folder)).items()}
        self.version = _hash(b"".join(name.encode() + body for name, body in sorted(contents.items())))[:16]
        self._files = {name: self._file(name, body) for name, body in contents.items()}

    def __contains__(self, name: str) -> bool:
        return name in self._files

    @property
    def names(self) -> list[str]:
        """The paths that can be served."""
        return sorted(self._files)

    def size_bytes(self, name: str) -> int:
        """The size of one file on the link, compressed if it is sent compressed."""
        file = self._files[name]
        return len(file.plain if file.compressed is None else file.compressed)

    def respond(self, request: web.Request, name: str, cache_control: str) -> web.Response:
        """The answer for one file. Raises HTTPNotFound."""
        file = self._files.get(name)
        if file is None:
            raise web.HTTPNotFound
        body, etag = file.plain, file.etag
        headers = {"Cache-Control": cache_control}
        if file.compressed is not None:
            headers["Vary"] = "Accept-Encoding"
            if _accepts_gzip(request.headers):
                body, etag = file.compressed, f"{file.etag}-gzip"
                headers["Content-Encoding"] = "gzip"
        headers["ETag"] = f'"{etag}"'
        known = request.if_none_match or ()
        if any(tag.value in (etag, "*") for tag in known):
            headers.pop("Content-Encoding", None)
            response = web.Response(status=304, headers=headers)
        else:
            charset = "utf-8" if Path(name).suffix in TEXT_SUFFIXES else None
            response = web.Response(
                body=body, content_type=file.content_type, charset=charset, headers=headers
            )
        response[PART_OF_A_PAGE] = file.content_type != "text/html"
        return response

    def _file(self, name: str, body: bytes) -> File:
        suffix = Path(name).suffix
        if suffix == ".html":
            versioned = f'="{PREFIX}@{self.version}/'.encode()
            body = body.replace(f'="{PREFIX}'.encode(), versioned)
        compressed = gzip.compress(body, GZIP_LEVEL, mtime=0) if suffix in TEXT_SUFFIXES else None
        if compressed is not None and len(compressed) >= len(body):
            compressed = None
        return File(MIME_TYPES[suffix], body, compressed, _hash(body)[:32])


def is_part_of_a_page(response: web.StreamResponse) -> bool:
    """Whether the answer is a script, style, icon or catalog, and not a page, an error or the API."""
    return PART_OF_A_PAGE in response and response[PART_OF_A_PAGE]


async def serve_file(request: web.Request) -> web.Response:
    """GET /web/<path>, with or without a version."""
    files = request.app[WEB_FILES]
    name = request.match_info["path"]
    if not name.startswith("@"):
        return files.respond(request, name, ASK_EVERY_TIME)
    version, _, rest = name[1:].partition("/")
    # A page from before an upgrade may request an old version: it gets the current file, which it must not keep.
    keep = KEEP_FOR_A_YEAR if version == files.version else ASK_EVERY_TIME
    return files.respond(request, rest, keep)


def _minified(name: str, body: bytes) -> bytes:
    """The minified script or style sheet; the original if the minifier cannot read it."""
    kind = MINIFIED.get(Path(name).suffix)
    if kind is None:
        return body
    try:
        return str(minify.string(kind, body.decode())).encode()
    except minify.MinifyError:  # for import attributes; a test shows that combined scripts have none
        return body


def _read(folder: Path) -> dict[str, bytes]:
    found = {}
    root = folder.resolve()
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        hidden = any(part.startswith((".", "_")) for part in path.relative_to(root).parts)
        # A symbolic link to outside of the folder is not served.
        inside = path.resolve().is_relative_to(root)
        if path.is_file() and path.suffix in MIME_TYPES and not hidden and inside:
            found[name] = path.read_bytes()
    return found


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _accepts_gzip(headers: Mapping[str, str]) -> bool:
    """Whether Accept-Encoding (RFC 9110 section 12.5.3) lists gzip with a weight other than zero."""
    for offer in headers.get("Accept-Encoding", "").lower().split(","):
        coding, _, weight = offer.partition(";")
        if coding.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


WEB_FILES = web.AppKey("web_files", WebFiles)
