"""What the tests of the pages share: where files are, and what a page loads, read from the files themselves."""

from __future__ import annotations

import re
from pathlib import Path

WEB = Path(__file__).resolve().parents[2] / "web"
PAGES = ("station", "clinician", "mediator", "landing", "office")
LANGUAGES = ("fr", "bm", "en")

_IMPORT = re.compile(r"""^\s*(?:import|export)\b[^;]*?\bfrom\s*["'](\.[^"']+)["']""", re.MULTILINE)
_LINK = re.compile(r"""(?:href|src)="(/web/[^"#]+)""")
_CSS_URL = re.compile(r"""url\(["']?([^"')]+)["']?\)""")


def html(page: str) -> str:
    """The markup of a page."""
    return (WEB / page / "index.html").read_text(encoding="utf-8")


def sources(*suffixes: str) -> list[Path]:
    """Every file of the pages with one of these suffixes."""
    return sorted(path for path in WEB.rglob("*") if path.suffix in suffixes)


def import_graph(entry: Path) -> set[Path]:
    """A module and everything it imports, however deep."""
    found: set[Path] = set()
    waiting = [entry]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        text = module.read_text(encoding="utf-8")
        waiting += [(module.parent / name).resolve() for name in _IMPORT.findall(text)]
    return found


def linked(page: str) -> set[Path]:
    """The files that a page's markup names."""
    return {WEB / name.removeprefix("/web/") for name in _LINK.findall(html(page))}


def first_load(page: str) -> set[Path]:
    """Every file that the first visit of a page brings over the link."""
    files = {WEB / page / "index.html", *linked(page), *import_graph(WEB / page / f"{page}.js")}
    files |= {WEB / "shared" / "base" / "icons.svg"}
    for sheet in [file for file in files if file.suffix == ".css"]:
        names = _CSS_URL.findall(sheet.read_text(encoding="utf-8"))
        files |= {(sheet.parent / name).resolve() for name in names}
    return files
