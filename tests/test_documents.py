"""Every path and file that a document, a comment or a docstring names exists: a wrong map is worse than none."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOPS = "server|media|signaling|web|benchmarks|tests|docs|deploy|tools"
ENDINGS = "py|js|ts|md|json|css|html|sh|toml|svg|png"
PATH = re.compile(rf"(?<![\w./{{$-])(?:{TOPS})/[\w./-]*\w/?")
FILE = re.compile(rf"(?<![\w./*<{{$-])[\w-]+(?:\.d)?\.(?:{ENDINGS})\b(?!\()")
LINK = re.compile(r"\]\(([^)#:]+)\)")
COMMENT = re.compile(r"(?<!:)//.*|^\s*#.*|/\*(?:.|\n)*?\*/|<!--(?:.|\n)*?-->", re.MULTILINE)
# What looks like a path and is none, the operator's own file, and names that each page's folder may have.
FOREIGN = re.compile(
    r"^(media/(recording|video|audio)\b|web/\{|tests/\*\*|docs/\*|server/(restart|stop)\b)"
    r"|^keneya\.toml$|^(part|page|state|view|draw)\.js$|^styles\.css$"
)


def tracked(*patterns: str) -> list[str]:
    answer = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in answer.stdout.splitlines() if (ROOT / name).is_file()]


ALL = tracked()
NAMES = {PurePosixPath(name).name for name in ALL}
FOLDERS = {str(parent) for name in ALL for parent in PurePosixPath(name).parents}


def exists(path: str) -> bool:
    plain = path.rstrip("/.")
    return plain in ALL or plain in FOLDERS or f"{plain}.py" in ALL or f"{plain}.js" in ALL


@pytest.mark.parametrize("name", tracked("*.md"))
def test_a_document_names_only_what_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    wrong = missing(text)
    here = PurePosixPath(name).parent
    for link in LINK.findall(text):
        target = (ROOT / here / link).resolve()
        if not target.exists():
            wrong.append(link)
    assert wrong == []


@pytest.mark.parametrize("name", tracked("*.py", "*.js", "*.css", "*.html", "*.toml", "Makefile"))
def test_a_comment_names_only_what_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    prose = python_prose(text) if name.endswith(".py") else COMMENT.findall(text)
    assert missing("\n".join(prose)) == []


def python_prose(text: str) -> Iterator[str]:
    """Its comments and docstrings."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def missing(text: str) -> list[str]:
    paths = [one for one in PATH.findall(text) if not FOREIGN.search(one)]
    files = [one for one in FILE.findall(text) if not FOREIGN.search(one)]
    return [one for one in paths if not exists(one)] + [one for one in files if one not in NAMES]
