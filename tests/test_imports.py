"""Walks every import of the tree and fails where the direction of ARCHITECTURE.md is broken.

In every folder the files and folders have an order: what one imports from another never comes back to it, be it
over a third. So there is no circle between files, none between packages, and none between a package and a file.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("server", "signaling", "media", "web", "benchmarks", "tests", "tools")
# Folders that do no I/O, read no clock and draw no random number: the standard library and msgspec only.
PURE = ("signaling", "media.core")
IMPURE_STDLIB = frozenset(
    "asyncio socket select selectors ssl threading multiprocessing subprocess concurrent signal "
    "time random secrets uuid os io pathlib tempfile shutil urllib http sqlite3 logging".split()
)
# The packages of media, lowest first: each imports only itself and those before it.
LAYERS = {
    "media.core": (
        "parameters",
        "ingress",
        "rtp",
        "repair",
        "estimate",
        "probe",
        "quality",
        "share",
        "stills",
    ),
    "media.engine": (
        *("transport", "relay", "copies", "share"),
        *("listener", "legfactory", "rounds", "turns", "engine"),
    ),
}
FORBIDDEN = {
    "signaling": ("media.engine", "media.recording", "server", "web", "benchmarks", "tests"),
    "media": ("signaling", "server", "web", "benchmarks", "tests"),
    "media.core": ("media.engine", "media.recording"),
    "media.engine": ("media.recording",),
    "media.recording": ("media.engine",),
    "server": ("benchmarks", "tests"),
    "web": ("server", "signaling", "media", "benchmarks", "tests"),
    "benchmarks": ("tests",),
}


def modules() -> Iterator[tuple[str, Path]]:
    for folder in OURS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield name.removesuffix(".__init__"), path


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the direction"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_modules(path: Path) -> Iterator[str]:
    """The modules of ours that a file imports; a name that is a module is that module, not its package."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            full = [(node.module, f"{node.module}.{alias.name}") for alias in node.names]
            found = [one if one in MODULES else str(package) for package, one in full]
        else:
            continue
        yield from (one for one in found if one in MODULES)


def orders() -> dict[str, dict[str, set[str]]]:
    """For each folder: which of its files and folders imports which. "__init__" is the folder's own module."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for name, path in MODULES.items():
        for other in imported_modules(path):
            here, there = name.split("."), other.split(".")
            common = 0
            while common < min(len(here), len(there)) and here[common] == there[common]:
                common += 1
            if here != there:
                one, two = [*here, "__init__"][common], [*there, "__init__"][common]
                found[".".join(here[:common])][one].add(two)
    return found


def circle(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """A way from a node back to itself, or nothing."""
    done: set[str] = set()

    def walk(node: str, way: list[str]) -> list[str]:
        if node in way:
            return [*way[way.index(node) :], node]
        if node in done:
            return []
        for other in sorted(graph.get(node, ())):
            found = walk(other, [*way, node])
            if found:
                return found
        done.add(node)
        return []

    return next((found for node in sorted(graph) if (found := walk(node, []))), [])


def inside(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


MODULES = dict(modules())
ORDERS = orders()


@pytest.mark.parametrize("name", MODULES)
def test_imports_keep_their_direction(name: str) -> None:
    found = set(imports(MODULES[name]))
    for package, banned in FORBIDDEN.items():
        if inside(name, package):
            broken = sorted(one for one in found for target in banned if inside(one, target))
            assert not broken, f"{name} must not import {broken}"


@pytest.mark.parametrize("name", [name for name in MODULES if any(inside(name, pure) for pure in PURE)])
def test_pure_modules_touch_nothing(name: str) -> None:
    for one in imports(MODULES[name]):
        top = one.split(".")[0]
        allowed = (
            top in OURS or top == "msgspec" or (top in sys.stdlib_module_names and top not in IMPURE_STDLIB)
        )
        assert allowed, f"{name} is pure but imports {one}"


@pytest.mark.parametrize("package", LAYERS)
def test_layers_import_only_what_lies_below_them(package: str) -> None:
    order = LAYERS[package]
    for name, path in MODULES.items():
        layer = next((one for one in order if inside(name, f"{package}.{one}")), None)
        if layer is None:
            continue
        above = order[order.index(layer) + 1 :]
        broken = [one for one in imports(path) for other in above if inside(one, f"{package}.{other}")]
        assert not broken, f"{name} lies below {broken}"


def test_nobody_imports_past_a_package_of_the_core() -> None:
    """Each package of media/core hands on its public names; its modules are its own, and its tests'."""
    for name, path in MODULES.items():
        for one in imports(path):
            package, _, module = one.removeprefix("media.core.").partition(".")
            if not one.startswith("media.core.") or package not in LAYERS["media.core"] or one not in MODULES:
                continue
            home = f"media.core.{package}"
            own = inside(name, home) or inside(name, f"tests.{home}")
            handed_on = not module or module in exported(home)
            assert own or handed_on, f"{name} imports {one} past {home}"


def test_messages_share_only_the_words_of_the_media_core() -> None:
    """The protocol hands on the closed lists of media/core/parameters.py and knows nothing else of media."""
    for name, path in MODULES.items():
        if inside(name, "signaling"):
            found = {one for one in imported_modules(path) if inside(one, "media")}
            assert found <= {"media.core.parameters"}, f"{name} must not import {found}"


def exported(package: str) -> tuple[str, ...]:
    """The names in a package's ``__all__``."""
    for node in ast.parse(MODULES[package].read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return tuple(ast.literal_eval(node.value))
    return ()


@pytest.mark.parametrize("folder", sorted(ORDERS))
def test_the_files_and_folders_of_a_folder_have_an_order(folder: str) -> None:
    assert circle(ORDERS[folder]) == [], f"a circle in {folder or 'the tree'}"


def test_a_circle_is_found() -> None:
    assert circle({"a": ["b"], "b": ["c"], "c": ["d"]}) == []
    assert circle({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c", "b"]


def test_the_platform_of_the_server_knows_no_domain() -> None:
    for name, path in MODULES.items():
        if inside(name, "server.platform"):
            found = [one for one in imported_modules(path) if inside(one, "server")]
            assert all(inside(one, "server.platform") for one in found), f"{name} imports {found}"


def test_only_tests_benchmarks_and_tools_import_the_server() -> None:
    for name, path in MODULES.items():
        if not any(inside(name, folder) for folder in ("server", "tests", "benchmarks", "tools")):
            found = [one for one in imported_modules(path) if inside(one, "server")]
            assert not found, f"{name} must not import {found}"


def test_private_names_of_the_transport_libraries_stand_in_one_module() -> None:
    """Only aiortc_private.py may reach into aiortc or aioice: one place to mend after an upgrade."""
    for name, path in MODULES.items():
        if name == "media.engine.transport.aiortc_private" or not inside(name, "media"):
            continue
        for one in imports(path):
            library, *rest = one.split(".")
            if library in ("aiortc", "aioice"):
                assert not any(part.startswith("_") for part in rest), f"{name} imports {one}"


def test_the_walk_sees_the_tree() -> None:
    """A walk that finds nothing would pass everything."""
    assert "media.core.rtp.header" in MODULES
    assert "server.__main__" in MODULES
    assert {"server", "server.people", "media.core"} <= set(ORDERS)
    assert "platform" in ORDERS["server"]["people"]
    assert "signaling.messages" in MODULES
    assert "msgspec" in set(imports(MODULES["signaling.messages.codec"]))
