"""A temporary PostgreSQL server for tests and benchmarks.

Owns: finding Debian's programs, a cluster in a folder under /tmp, and its server process. The server listens on a
unix socket only: other users cannot connect. Must never touch an existing cluster.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SUPERUSER = "postgres"
# A cluster starts in about a second; on a busy machine it takes longer.
START_WITHIN_S = 60
# PostgreSQL does not run as root: the first of these users that exists runs it instead.
UNPRIVILEGED = ("postgres", "nobody")


class PostgresqlMissing(Exception):
    """PostgreSQL cannot run on this machine; the text says what is missing."""


@dataclass
class Postgresql:
    """A running server. ``folder`` holds its data and its socket."""

    folder: Path
    programs: Path
    prefix: list[str]
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new_database(self, template: str = "template1") -> str:
        """Make a database as a copy of ``template``; returns its name."""
        name = f"keneya_{next(self._numbers)}"
        self.run("createdb", "-h", str(self.folder), "-U", SUPERUSER, "-T", template, name)
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, and cut off the clients connected to it."""
        self.run("dropdb", "-h", str(self.folder), "-U", SUPERUSER, "--force", name)

    def url(self, name: str) -> str:
        """The value of the setting database_url."""
        return f"postgresql+asyncpg://{SUPERUSER}@/{name}?host={self.folder}"

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs. Raises CalledProcessError."""
        command = [*self.prefix, str(self.programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder)


def programs() -> Path:
    """The folder of the newest PostgreSQL. Raises PostgresqlMissing."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    on_path = shutil.which("postgres")
    if not found and on_path is None:
        raise PostgresqlMissing("PostgreSQL is not installed: apt-get install postgresql")
    return found[-1].parent if found else Path(str(on_path)).resolve().parent


@contextmanager
def running_postgresql(*, durable: bool = False) -> Iterator[Postgresql]:
    """A server for the length of the block. ``durable``: a commit waits until it is on the disk.

    Raises PostgresqlMissing.
    """
    found = programs()
    folder = Path(tempfile.mkdtemp(prefix="keneya-pg-"))
    try:
        server = Postgresql(folder, found, _prefix(folder))
        server.run(
            "initdb",
            "-D",
            str(folder / "data"),
            "-U",
            SUPERUSER,
            "-A",
            "trust",
            "-N",
            "-E",
            "UTF8",
            "--locale=C",
        )
        process = _start(server, durable=durable)
        try:
            _await_ready(server, process)
            yield server
        finally:
            # SIGINT is PostgreSQL's fast shutdown: it cuts off connected clients.
            process.send_signal(signal.SIGINT)
            process.wait(START_WITHIN_S)
    finally:
        shutil.rmtree(folder)


def _prefix(folder: Path) -> list[str]:
    """The command prefix that leaves root and ends the server with this process."""
    if os.geteuid() != 0:
        return []
    for name in UNPRIVILEGED:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, user.pw_uid, user.pw_gid)
        return [
            "setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--pdeathsig=INT"
        ]  # fmt: skip
    raise PostgresqlMissing(f"PostgreSQL does not run as root, and there is no user {UNPRIVILEGED[0]}")


def _start(server: Postgresql, *, durable: bool) -> subprocess.Popen[bytes]:
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(server.folder),
        "fsync": "on" if durable else "off",
        "synchronous_commit": "on" if durable else "off",
    }
    command = [*server.prefix, str(server.programs / "postgres"), "-D", str(server.folder / "data")]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with (server.folder / "log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, cwd=server.folder)


def _await_ready(server: Postgresql, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            server.run("pg_isready", "-q", "-h", str(server.folder), "-U", SUPERUSER)
        except subprocess.CalledProcessError:
            time.sleep(0.05)
        else:
            return
    raise PostgresqlMissing(f"PostgreSQL did not start: {(server.folder / 'log').read_text()[-500:]}")
