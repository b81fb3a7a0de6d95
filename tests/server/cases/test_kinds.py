"""A survivor-safe case cannot be recorded: not because somebody said no, but because there is no way to ask."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from server.cases.kinds import (
    GroupSeatCase,
    OrdinaryCase,
    SurvivorSafeCase,
    is_discreet,
    is_recordable,
    kind_of,
)
from server.cases.vocabulary import Kind

ROOT = Path(__file__).resolve().parents[3]
# Wherever sound or pictures could be written down.
RECORDING = ("media/recording", "server/recordings")
# What would name a case without saying which kind it is.
LOOSE = {"case_id", "consultation_id", "case", "consultation", "record", "room_id", "room"}
FORBIDDEN = {"SurvivorSafeCase", "GroupSeatCase", "AnyCase", "kind_of", "CaseFile"}


def recording_modules() -> list[Path]:
    return sorted(file for folder in RECORDING for file in (ROOT / folder).rglob("*.py"))


def violations(source: str) -> list[str]:
    """What in a module of recordings could take in a case that is no OrdinaryCase."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom | ast.Import):
            found += [f"imports {name.name}" for name in node.names if name.name in FORBIDDEN]
        if isinstance(node, ast.Name) and node.id in FORBIDDEN:
            found.append(f"uses {node.id}")
        # Nobody but kinds.py makes one, out of what the database says.
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "OrdinaryCase":
            found.append("makes an OrdinaryCase")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            for argument in arguments:
                kind = ast.unparse(argument.annotation) if argument.annotation else ""
                if argument.arg in LOOSE and kind != "OrdinaryCase":
                    found.append(f"{node.name} takes {argument.arg}: {kind}")
    return found


def test_nothing_that_records_takes_anything_but_an_ordinary_case() -> None:
    modules = recording_modules()
    assert modules
    assert {str(m): v for m in modules if (v := violations(m.read_text(encoding="utf-8")))} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from server.cases.kinds import SurvivorSafeCase",
        "def start(case: AnyCase) -> None: ...",
        "def start(consultation_id: str) -> None: ...",
        "async def start(*, room: str) -> None: ...",
        "def start(other): return go(OrdinaryCase(other.case_id))",
    ],
)
def test_the_walk_would_notice(source: str) -> None:
    assert violations(source)


def test_a_case_is_of_its_kind_and_of_no_other() -> None:
    kinds = [type(kind_of("ca_1", kind.value)) for kind in Kind]
    assert kinds == [OrdinaryCase, SurvivorSafeCase, GroupSeatCase]
    assert [kind for kind in Kind if is_recordable(kind.value)] == [Kind.ORDINARY]
    assert [kind for kind in Kind if is_discreet(kind.value)] == [Kind.SURVIVOR_SAFE]
    for kind in (SurvivorSafeCase, GroupSeatCase):
        assert not issubclass(kind, OrdinaryCase)
        assert [name for name in dir(kind) if not name.startswith("_")] == ["case_id"]


def test_a_kind_that_nobody_knows_is_not_taken_for_an_ordinary_one() -> None:
    with pytest.raises(ValueError, match="whatever"):
        kind_of("ca_1", "whatever")
