"""What is delivered: the same bytes of the same tree, and a wheel that serves beside the lock of a server alone."""

from __future__ import annotations

import asyncio
import email.parser
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import venv
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import aiohttp
import pytest
from packaging.requirements import Requirement

from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+)", re.MULTILINE)
# Shown to a person, each from the wheel alone: pages of every face, what they load, the catalogs.
SHOWN = ("/", "/station", "/clinician", "/mediator", "/office", "/healthz")
PARTS = [f"/web/shared/base/i18n/{name}.json" for name in ("fr", "bm", "en", "people.bm", "cases.bm")]


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / lock).read_text()))


def copied(folder: Path) -> Path:
    """The tracked files as another checkout would have them: other times, other modes."""
    answer = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in answer.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
    return folder


def build(tree: Path, to: Path) -> dict[str, bytes]:
    clean = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(to)],
        cwd=tree,
        env=clean,
        check=True,
        capture_output=True,
    )
    return {file.name: file.read_bytes() for file in to.iterdir()}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="module")
def built(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return build(tree, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def wheel(built: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    (name,) = [name for name in built if name.endswith(".whl")]
    file = tmp_path_factory.mktemp("wheel") / name
    file.write_bytes(built[name])
    return file


def test_two_builds_of_one_tree_are_the_same_bytes(
    tree: Path, built: dict[str, bytes], tmp_path: Path
) -> None:
    assert {Path(name).suffix for name in built} == {".whl", ".gz"}
    other = copied(tmp_path / "another place")
    for file in other.rglob("*"):
        file.chmod(0o700 if file.is_dir() else 0o600)
        os.utime(file, (1_000_000_000, 1_000_000_000))
    assert build(other, tmp_path / "dist") == built


def test_the_sdist_makes_the_same_wheel(built: dict[str, bytes], wheel: Path, tmp_path: Path) -> None:
    (name,) = [name for name in built if name.endswith(".tar.gz")]
    (tmp_path / name).write_bytes(built[name])
    shutil.unpack_archive(tmp_path / name, tmp_path / "sdist", filter="data")
    (tree,) = (tmp_path / "sdist").iterdir()
    assert build(tree, tmp_path / "dist")[wheel.name] == wheel.read_bytes()


def test_the_wheel_holds_all_that_runs_and_nothing_that_only_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
    answer = subprocess.run(
        ["git", "ls-files", "server", "media", "signaling", "web"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    tracked = {name for name in answer.stdout.split("\n") if name and (ROOT / name).is_file()}
    assert {name for name in tracked if not name.endswith(".d.ts")} <= names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "tools/"))]
    assert [name for name in names if name.endswith("share/keneya/keneya.service")]


def test_the_lock_of_a_server_is_the_other_one_without_what_only_develops() -> None:
    developing, running = pins("requirements.lock"), pins("requirements-server.lock")
    assert running.items() <= developing.items()
    assert not running.keys() & {
        "pytest",
        "mypy",
        "ruff",
        "playwright",
        "hypothesis",
        "hatchling",
        "cyclonedx-bom",
    }
    for lock in ("requirements.lock", "requirements-server.lock"):
        assert "://" not in (ROOT / lock).read_text()


def test_the_lock_of_a_server_has_what_the_wheel_asks_for(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        (name,) = [name for name in opened.namelist() if name.endswith(".dist-info/METADATA")]
        told = email.parser.BytesParser().parsebytes(opened.read(name))
    wanted = [Requirement(line) for line in told.get_all("Requires-Dist", [])]
    running = pins("requirements-server.lock")
    for one in wanted:
        if one.marker is None or one.marker.evaluate({"extra": "postgresql"}):
            assert one.name.lower() in running, one
            assert one.specifier.contains(running[one.name.lower()]), one


def test_the_bill_of_materials_names_every_running_package(tmp_path: Path) -> None:
    target = tmp_path / "bom.json"
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "--pyproject", "pyproject.toml"]
    options = ["--output-reproducible", "--output-format", "JSON", "--output-file", str(target)]
    subprocess.run(
        [*command, *options, "requirements-server.lock"], cwd=ROOT, check=True, capture_output=True
    )
    bill = json.loads(target.read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert {one["name"]: one["version"] for one in bill["components"]} == pins("requirements-server.lock")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """An environment with the packages of the lock of a server and the wheel.

    Nothing is fetched: each package is linked from the environment of the tests, where it has to be in exactly the
    version that the lock names.
    """
    folder = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(folder, with_pip=False)
    (site,) = folder.glob("lib/python*/site-packages")
    for name, version in pins("requirements-server.lock").items():
        try:
            found = distribution(name)
        except PackageNotFoundError:
            pytest.skip(f"{name} is not installed here; make setup installs the lock")
        assert found.version == version, f"{name} is not what the lock names; make setup installs it"
        tops = {Path(str(file)).parts[0] for file in found.files or ()} - {"__pycache__", ".."}
        for top in tops:
            link = site / top
            if not link.exists():
                link.symlink_to(Path(str(found.locate_file(top))).resolve())
    command = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python")]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*command, "install", *quiet, str(wheel)], check=True, capture_output=True)
    assert not (site / "pytest").exists(), "it has what only tests need"
    return folder


# PR_SET_MDWE of prctl(2): what MemoryDenyWriteExecute of the unit asks for, where the kernel knows it (6.3).
NO_CODE_IN_DATA = (
    "import ctypes, os, sys\n"
    "if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0): sys.exit('no such prctl')\n"
    "os.execv(sys.argv[1], sys.argv[1:])\n"
)


@asynccontextmanager
async def serving(
    environment: Path, folder: Path, *before: str, handed: socket.socket | None = None
) -> AsyncIterator[str]:
    """The installed program as an operator starts it, behind these words of a command; gives its address."""
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
    own = {"KENEYA_HTTP_PORT": "0", "KENEYA_MEDIA_PORT": "0", "KENEYA_DATA_DIR": str(folder / "data")}
    process = await asyncio.create_subprocess_exec(
        *before,
        str(environment / "bin/keneya"),
        "serve",
        cwd=folder,
        env=clean | own,
        pass_fds=[handed.fileno()] if handed else [],
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        told = ""
        async with asyncio.timeout(PATIENCE_S):
            while "Ctrl-C" not in told:
                line = (await process.stderr.readline()).decode()
                if "no such prctl" in line:
                    pytest.skip("this kernel has no PR_SET_MDWE")
                assert line, told
                told += line
        (address,) = re.findall(r"http://\S+", told)
        yield address
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()


async def test_the_wheel_serves_beside_the_runtime_lock_alone_at_a_port_that_was_handed_over(
    environment: Path, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port = opened.getsockname()[1]
        # As systemd does: the socket is descriptor 3, and the variables name the very process.
        shell = f'exec 3<&{opened.fileno()}; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"'
        async with (
            serving(environment, tmp_path, "/bin/bash", "-c", shell, handed=opened) as told,
            aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
        ):
            assert told == f"http://localhost:{port}"
            for path in (*SHOWN, *PARTS):
                async with client.get(path) as answer:
                    assert answer.status == 200, path
                    assert len(await answer.read()) > 10, path


async def test_it_serves_where_no_memory_is_both_written_and_run(environment: Path, tmp_path: Path) -> None:
    wrapper = (sys.executable, "-c", NO_CODE_IN_DATA)
    async with serving(environment, tmp_path, *wrapper) as url, aiohttp.ClientSession(url) as client:
        assert (await client.get("/station")).status == 200
