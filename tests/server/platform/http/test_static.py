"""The files of the pages."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import minify
import pytest

from server.app import WEB_FOLDER
from server.platform.http.combine import combine
from server.platform.http.static import MIME_TYPES, WEB_FILES, WebFiles, _read
from tests.support.server import Server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "pages"
    (root / "station").mkdir(parents=True)
    (root / "station" / "index.html").write_text(
        '<script type="module" src="/web/station/station.js"></script><a href="/webinar">' + "x" * 500
    )
    (root / "station" / "station.js").write_text("const a = [];" + "a.push(1);" * 100)
    (root / "tiny.txt").write_text("x")
    (root / "__init__.py").write_text("SECRET = 1")
    (root / ".hidden.txt").write_text("x")
    (tmp_path / "outside.txt").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "outside.txt")
    return root


def test_only_files_of_the_pages_are_taken_in(folder: Path) -> None:
    assert WebFiles(folder).names == ["station/index.html", "station/station.js", "tiny.txt"]


def test_every_file_of_ours_has_a_type_or_is_left_out_on_purpose() -> None:
    known = set(MIME_TYPES) | {".py", ".pyc", ".ts", ".md"}
    assert {path.suffix for path in WEB_FOLDER.rglob("*") if path.is_file()} <= known


def test_the_version_follows_the_content(folder: Path) -> None:
    before = WebFiles(folder).version
    assert WebFiles(folder).version == before
    (folder / "tiny.txt").write_text("y")
    assert WebFiles(folder).version != before


async def test_a_page_names_its_files_by_version_and_they_are_kept_for_a_year(server: Server) -> None:
    async with server.client() as client:
        async with client.get("/station") as answer:
            assert answer.headers["Cache-Control"] == "no-cache"
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
            text = await answer.text()
        found = set(re.findall(r'(?:src|href)="(/web/[^"#]+)', text))
        assert len(found) >= 3  # icon, styles, script
        for path in found:
            assert path.startswith(f"/web/@{server.app[WEB_FILES].version}/")
            async with client.get(path) as answer:
                assert answer.status == 200, path
                assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


async def test_an_old_version_gets_the_current_file_without_caching(server: Server) -> None:
    async with server.client() as client:
        for path in ("/web/@0000000000000000/station/station.js", "/web/station/station.js"):
            async with client.get(path) as answer:
                assert answer.status == 200
                assert answer.headers["Cache-Control"] == "no-cache"


async def test_text_travels_compressed_to_those_who_can_read_it(server: Server) -> None:
    path = "/web/shared/signaling/protocol.js"
    source = (WEB_FOLDER / "shared" / "signaling" / "protocol.js").read_text()
    plain = minify.string("text/javascript", source).encode()
    assert len(plain) < 0.9 * len(source)  # comments are not sent
    async with server.client() as client:
        for accept, coded in (
            ("gzip, br", True),
            ("br", False),
            ("gzip;q=0", False),
            ("", False),
            ("*", True),
        ):
            headers = {"Accept-Encoding": accept}
            async with client.get(path, headers=headers) as answer:
                assert (answer.headers.get("Content-Encoding") == "gzip") is coded, accept
                assert answer.headers["Vary"] == "Accept-Encoding"
                assert await answer.read() == plain
                assert (int(answer.headers["Content-Length"]) < len(plain)) is coded


async def test_a_browser_that_has_the_file_is_not_sent_it_again(server: Server) -> None:
    async with server.client() as client:
        async with client.get("/station") as answer:
            etag = answer.headers["ETag"]
        async with client.get("/station", headers={"If-None-Match": etag}) as answer:
            assert answer.status == 304
            assert await answer.read() == b""
            assert answer.headers["ETag"] == etag
        async with client.get("/station", headers={"If-None-Match": '"other"'}) as answer:
            assert answer.status == 200
        # Another coding is another representation (RFC 9110 section 8.8.3).
        headers = {"If-None-Match": etag, "Accept-Encoding": "identity"}
        async with client.get("/station", headers=headers) as answer:
            assert answer.status == 200


async def test_head_gives_the_size_without_the_body(server: Server) -> None:
    async with server.client() as client, client.head("/station") as answer:
        assert answer.status == 200
        assert int(answer.headers["Content-Length"]) > 100
        assert await answer.read() == b""


def test_compression_is_used_only_where_it_saves_bytes(folder: Path) -> None:
    files = WebFiles(folder)
    assert files._files["tiny.txt"].compressed is None
    compressed = files._files["station/station.js"].compressed
    assert compressed is not None
    assert gzip.decompress(compressed) == files._files["station/station.js"].plain


def test_only_addresses_of_files_are_given_a_version(folder: Path) -> None:
    files = WebFiles(folder)
    html = files._files["station/index.html"].plain.decode()
    assert f'src="/web/@{files.version}/station/station.js"' in html
    assert 'href="/webinar"' in html


SOURCES = _read(WEB_FOLDER)
# A module that stands as in the checkout is nothing that pages ask for.
COMBINED = {
    name: body
    for name, body in combine(SOURCES).items()
    if name.endswith(".js") and body != SOURCES.get(name)
}


@pytest.mark.parametrize("script", COMBINED)
def test_the_minifier_reads_every_script_that_pages_ask_for(script: str) -> None:
    body = COMBINED[script]
    assert len(minify.string("text/javascript", body.decode())) < len(body)
