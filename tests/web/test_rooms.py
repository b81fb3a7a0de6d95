"""The rooms of the pages: what may load what, without a circle."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.web.pages import WEB, sources

SHARED = WEB / "shared"
# Each room may load those before it, and itself. Types in comments load nothing.
ORDER = (
    "signaling",
    "base",
    "requests",
    "cases",
    "signin",
    "stills",
    "call/devices",
    "call/link",
    "call/view",
    "call/together",
    "call",
)
PAGES = ("station", "clinician", "mediator", "office", "landing")

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_LOADED = re.compile(r"""(?:\bfrom\s*|\bimport\(\s*)"(\.[^"]+)\"""")


def loaded(module: Path) -> list[Path]:
    """The modules that one loads, at once or later."""
    text = _COMMENT.sub("", module.read_text(encoding="utf-8"))
    return [(module.parent / name).resolve() for name in _LOADED.findall(text)]


def room(file: Path) -> str:
    folder = file.parent.relative_to(SHARED).as_posix()
    return next(
        name for name in sorted(ORDER, key=len, reverse=True) if (folder + "/").startswith(name + "/")
    )


@pytest.mark.parametrize(
    "module", [file for file in sources(".js") if SHARED in file.parents], ids=lambda file: file.name
)
def test_a_room_loads_only_those_before_it(module: Path) -> None:
    allowed = ORDER[: ORDER.index(room(module)) + 1]
    assert [
        file.name for file in loaded(module) if SHARED not in file.parents or room(file) not in allowed
    ] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_nothing_of_another_page(page: str) -> None:
    own = WEB / page
    for module in own.rglob("*.js"):
        others = [file for file in loaded(module) if own not in file.parents and SHARED not in file.parents]
        assert others == [], module.name


def test_no_module_loads_itself_by_way_of_others() -> None:
    graph = {module: loaded(module) for module in sources(".js")}
    done: set[Path] = set()

    def visit(module: Path, way: tuple[Path, ...]) -> None:
        assert module not in way, " → ".join(file.name for file in (*way, module))
        if module in done:
            return
        for file in graph.get(module, []):
            visit(file, (*way, module))
        done.add(module)

    for module in graph:
        visit(module, ())
