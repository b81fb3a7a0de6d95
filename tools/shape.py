"""Prints the shape of the code: sizes of files and functions, constructor arguments, files in a folder.

    python -m tools.shape             the figures, and the worst of each kind
    python -m tools.shape --all       every place over a bound

Information for whoever changes the code, never a gate: a long file is a question, not a crime. Reads the files
that git tracks; tests and migrations are left out.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
CODE = (".py", ".js")
LEFT_OUT = ("tests/", "server/platform/database/migrations/")
# What a reader sees without scrolling.
FUNCTION_MAX_LINES = 40
FILE_MAX_LINES = 300
CONSTRUCTOR_MAX_ARGUMENTS = 6
FOLDER_MAX_FILES = 15
SHOWN = 5


class Place(NamedTuple):
    """Something with a size, and where it stands."""

    size: int
    where: str


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--all", action="store_true", help="every place over a bound")
    most = None if parser.parse_args().all else SHOWN
    paths = list(code_files())
    files = [Place(len((ROOT / path).read_text(encoding="utf-8").splitlines()), path) for path in paths]
    trees = [(path, parsed(path)) for path in paths if path.endswith(".py")]
    folders = Counter(str(PurePosixPath(path).parent) for path in paths if not path.endswith("__init__.py"))
    print(
        f"files: {len(files)}, median {median(one.size for one in files):g} lines, largest {max(files).size}"
    )
    report("files", files, FILE_MAX_LINES, "lines", most)
    functions = [one for path, tree in trees for one in functions_of(path, tree)]
    report("functions", functions, FUNCTION_MAX_LINES, "lines", most)
    constructors = [one for path, tree in trees for one in constructors_of(path, tree)]
    report("constructors", constructors, CONSTRUCTOR_MAX_ARGUMENTS, "arguments", most)
    report("folders", [Place(n, name) for name, n in folders.items()], FOLDER_MAX_FILES, "files", most)


def code_files() -> Iterator[str]:
    """Every tracked file of code, tests and migrations left out."""
    answer = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    for path in answer.stdout.splitlines():
        if path.endswith(CODE) and not path.startswith(LEFT_OUT) and (ROOT / path).is_file():
            yield path


def parsed(path: str) -> ast.Module:
    """The syntax tree of one file."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), path)


def functions_of(path: str, tree: ast.Module) -> Iterator[Place]:
    """Every function with its lines, decorators and docstring included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Place(
                (node.end_lineno or node.lineno) - node.lineno + 1, f"{path}:{node.lineno} {node.name}"
            )


def constructors_of(path: str, tree: ast.Module) -> Iterator[Place]:
    """Every ``__init__`` with its arguments, self left out. Fields of dataclasses are values, not arguments."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        for one in node.body:
            if isinstance(one, ast.FunctionDef) and one.name == "__init__":
                count = len(one.args.posonlyargs) + len(one.args.args) + len(one.args.kwonlyargs) - 1
                yield Place(count, f"{path}:{one.lineno} {node.name}")


def report(kind: str, found: list[Place], bound: int, unit: str, most: int | None) -> None:
    """How many are over the bound, and the largest of them."""
    over = sorted((one for one in found if one.size > bound), reverse=True)
    print(f"{kind} over {bound} {unit}: {len(over)} of {len(found)}")
    for one in over[:most]:
        print(f"    {one.size:4}  {one.where}")


if __name__ == "__main__":
    main()
