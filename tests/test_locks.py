"""What a server installs: everything it needs, at the versions that were tested, and nothing of development."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
NAME = re.compile(r"^[A-Za-z0-9._-]+")


def named(text: str) -> str:
    found = NAME.match(text)
    assert found is not None, text
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def pinned(lock: str) -> dict[str, str]:
    return {named(name): version for name, version in PINNED.findall((ROOT / lock).read_text())}


def test_a_server_installs_what_it_needs_as_tested_and_nothing_of_development() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extra = project["optional-dependencies"]
    server, tested = pinned("requirements-server.lock"), pinned("requirements.lock")
    assert {named(one) for one in [*project["dependencies"], *extra["server"]]} <= set(server)
    assert {name: tested.get(name) for name in server} == server
    development = {named(one) for one in extra["dev"]} - {named(one) for one in extra["server"]}
    assert not development & set(server)
    assert len(tested) > len(server) + len(development)


def test_no_lock_names_a_registry() -> None:
    for lock in ("requirements.lock", "requirements-server.lock"):
        assert "://" not in (ROOT / lock).read_text()
        assert "--index" not in (ROOT / lock).read_text()
