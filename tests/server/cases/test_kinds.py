"""A survivor-safe case cannot be recorded: no request is refused, because no request can be made."""

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
# Every place where sound or pictures could be recorded.
RECORDING = ("media/recording", "server/recordings")
# Types that name a case without its kind.
LOOSE = {"case_id", "consultation_id", "case", "consultation", "record", "room_id", "room"}
FORBIDDEN = {"SurvivorSafeCase", "GroupSeatCase", "AnyCase", "kind_of", "CaseFile"}


def recording_modules() -> list[Path]:
    return sorted(file for folder in RECORDING for file in (ROOT / folder).rglob("*.py"))


def violations(source: str) -> list[str]:
    """The places in a module of recordings that could accept a case other than an OrdinaryCase."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom | ast.Import):
            found += [f"imports {name.name}" for name in node.names if name.name in FORBIDDEN]
        if isinstance(node, ast.Name) and node.id in FORBIDDEN:
            found.append(f"uses {node.id}")
        # Only kinds.py makes an OrdinaryCase, from the database's values.
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
def test_the_check_finds_a_violation(source: str) -> None:
    assert violations(source)


def test_a_case_has_exactly_one_kind() -> None:
    kinds = [type(kind_of("ca_1", kind.value)) for kind in Kind]
    assert kinds == [OrdinaryCase, SurvivorSafeCase, GroupSeatCase]
    assert [kind for kind in Kind if is_recordable(kind.value)] == [Kind.ORDINARY]
    assert [kind for kind in Kind if is_discreet(kind.value)] == [Kind.SURVIVOR_SAFE]
    for kind in (SurvivorSafeCase, GroupSeatCase):
        assert not issubclass(kind, OrdinaryCase)
        assert [name for name in dir(kind) if not name.startswith("_")] == ["case_id"]


def test_an_unknown_kind_is_not_taken_for_an_ordinary_case() -> None:
    with pytest.raises(ValueError, match="whatever"):
        kind_of("ca_1", "whatever")
