"""The command line: as a process of its own where it serves or is ended, and else in the process of the test."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sqlite3
import ssl
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import aiohttp

from server.platform.database.engine import open_database, sessions_of
from server.platform.database.serving import Serving
from server.platform.database.upgrade import upgrade
from server.platform.settings.config import table
from server.trail.trail import Trail
from tests.support.commandline import keneya, keneya_here
from tests.support.kiosk import KioskKey
from tests.support.patience import PATIENCE_S
from tests.support.server import running_server
from tests.support.tls import certificate
from tests.support.trails import some_entry


async def start(folder: Path, *arguments: str, **environ: str) -> asyncio.subprocess.Process:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KENEYA_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "server",
        *arguments,
        cwd=folder,
        env=clean | {"PYTHONPATH": str(Path(__file__).parents[2]), "COLUMNS": "120"} | environ,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def run(folder: Path, *arguments: str, typed: str = "", **environ: str) -> tuple[int, str, str]:
    process = await start(folder, *arguments, **environ)
    out, err = await process.communicate(typed.encode())
    return process.returncode or 0, out.decode(), err.decode()


def complaints(err: str) -> str:
    """What a start says on standard error, but for the warning that it made the master key of a new folder."""
    return "".join(line for line in err.splitlines(keepends=True) if "master_key_made" not in line)


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, str]]]:
    """A running demo, and the facts that it wrote about itself."""
    facts = folder / "demo.json"
    process = await start(folder, "demo", "--port", "0", "--media-port", "0", "--write", str(facts))
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            while "Ctrl-C" not in (line := (await process.stdout.readline()).decode()):
                assert line, "the demo ended"
            while not facts.exists():  # noqa: ASYNC110 (another process writes it)
                await asyncio.sleep(0.05)
        yield process, json.loads(facts.read_text())
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            await process.communicate()


async def test_the_demo_admits_a_station_and_a_doctor_and_stops_cleanly(tmp_path: Path) -> None:
    async with demo(tmp_path) as (process, facts):
        headers = {"Origin": facts["url"], "X-Keneya": "1"}
        async with aiohttp.ClientSession(facts["url"], headers=headers) as client:
            assert (await client.get("/")).status == 200
            body = {"code": facts["code"], "public_key": KioskKey().public_key}
            assert (await client.post("/api/station/enrolment", json=body)).status == 204
            typed = {"login": facts["login"], "password": facts["password"]}
            async with client.post("/api/session", json=typed) as answer:
                assert (await answer.json())["role"] == "clinician"
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
        assert (process.returncode, complaints(err.decode())) == (0, "")
    assert (tmp_path / "var/demo/keneya.db").stat().st_mode & 0o077 == 0
    # A second start finds everything and hands out a new code.
    async with demo(tmp_path) as (process, again):
        assert again["code"] != facts["code"]
        assert again["password"] == facts["password"]


async def test_the_demo_has_no_known_password_where_others_can_reach_it(tmp_path: Path) -> None:
    from server.demo import PASSWORD_ON_THIS_MACHINE, prepare

    async with running_server(tmp_path, http_host="0.0.0.0") as server:
        made = await prepare(server.app, server.url)
        assert made.password != PASSWORD_ON_THIS_MACHINE
        async with server.client() as client:
            await server.sign_in(client, made.login, made.password)


def test_a_port_in_use_ends_the_start_with_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, _, err = keneya_here(
            tmp_path, "serve", KENEYA_HTTP_HOST="127.0.0.1", KENEYA_HTTP_PORT=port, KENEYA_MEDIA_PORT="0"
        )
    assert code == 2
    assert re.fullmatch(rf"keneya: http_port: {port} is in use .*\n", err)


def test_a_media_port_in_use_ends_the_start_with_one_line(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        environ = {"KENEYA_HTTP_PORT": "0", "KENEYA_MEDIA_PORT": port, "KENEYA_MEDIA_HOSTS": "127.0.0.1"}
        code, _, err = keneya_here(tmp_path, "serve", **environ)
    assert code == 2
    assert re.fullmatch(rf"keneya: media_port: {port} is in use .*\n", complaints(err))


async def test_a_wrong_setting_ends_the_start_with_one_line(tmp_path: Path) -> None:
    config = tmp_path / "keneya.toml"
    config.write_text("http_prot = 80\n")
    code, _, err = await run(tmp_path, "serve", "--config", str(config))
    assert code == 2
    assert err == f"keneya: http_prot ({config}): there is no such setting; did you mean http_port?\n"


def test_a_database_that_cannot_be_opened_ends_the_start_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    environ = {"KENEYA_DATA_DIR": str(tmp_path / "file" / "sub"), "KENEYA_HTTP_PORT": "0"}
    code, _, err = keneya_here(tmp_path, "serve", KENEYA_MEDIA_PORT="0", **environ)
    assert code == 2
    assert re.fullmatch(r"keneya: database_url or data_dir: .* cannot be opened .*\n", err)


async def certificate_at(port: int) -> bytes:
    """What a new connection is shown; waits until the server is there."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with suppress(ConnectionRefusedError):
                _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
                shown: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
                writer.close()
                return shown
            await asyncio.sleep(0.05)


async def test_a_renewed_certificate_is_read_on_sighup_and_a_broken_one_is_not_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    chain, key = certificate(tmp_path / "tls", "old")
    environ = {
        "KENEYA_HTTP_HOST": "127.0.0.1", "KENEYA_HTTP_PORT": str(port), "KENEYA_MEDIA_PORT": "0",
        "KENEYA_TLS_CERTIFICATE": str(chain), "KENEYA_TLS_KEY": str(key),
    }  # fmt: skip
    process = await start(tmp_path, "serve", **environ)
    assert process.stderr is not None

    async def told(event: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while event not in (line := (await process.stderr.readline()).decode()):  # type: ignore[union-attr]
                assert line, "the server has ended"

    try:
        await told("serving")
        old = await certificate_at(port)
        chain.write_text("half of a cert")
        process.send_signal(signal.SIGHUP)
        await told("certificate_not_renewed")
        assert await certificate_at(port) == old
        certificate(tmp_path / "tls", "new")
        process.send_signal(signal.SIGHUP)
        await told("certificate_renewed")
        assert await certificate_at(port) == ssl.PEM_cert_to_DER_cert(chain.read_text()) != old
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def test_settings_lists_every_setting_and_no_secret(tmp_path: Path) -> None:
    code, out, _ = await keneya(tmp_path, "settings", KENEYA_TURN_SECRET="n0rth")
    assert code == 0
    for row in table():
        assert row.name in out
    assert "n0rth" not in out
    _, markdown, _ = await keneya(tmp_path, "settings", "--markdown")
    assert markdown.count("\n") == len(table()) + 2


async def test_db_check_says_whether_an_upgrade_is_due(tmp_path: Path) -> None:
    code, _, err = await keneya(tmp_path, "db", "check")
    assert code == 1
    assert "keneya upgrade" in err
    assert (await keneya(tmp_path, "upgrade"))[0] == 0
    code, out, _ = await keneya(tmp_path, "db", "check")
    assert (code, out) == (0, "The database is up to date.\n")


async def test_station_add_prints_a_code_on_the_last_line(tmp_path: Path) -> None:
    code, out, _ = await keneya(tmp_path, "station", "add", "--site", "CSRéf [Kayes]", "--name", "Poste 1")
    assert code == 0
    assert "Poste 1 (CSRéf [Kayes])" in out
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}", out.splitlines()[-1])


async def test_account_add_generates_a_password_or_accepts_one(tmp_path: Path) -> None:
    add = ("account", "add", "--name", "Dr Traoré")
    code, out, _ = await keneya(tmp_path, *add, "--login", "a")
    assert code == 0
    assert re.fullmatch(r"(?:[a-z2-9]{4}-){3}[a-z2-9]{4}", out.splitlines()[-1])
    code, out, _ = await keneya(
        tmp_path, *add, "--login", "b", "--password-stdin", typed="a long enough one\n"
    )
    assert code == 0
    assert "a long enough one" not in out
    code, _, err = await keneya(tmp_path, *add, "--login", "c", "--password-stdin", typed="short\n")
    assert (code, err) == (2, "keneya: A password has 12 to 256 characters.\n")
    code, _, err = await keneya(tmp_path, *add, "--login", "c", "--password-stdin", typed="motdepasse2026\n")
    assert (code, "guessers try first" in err) == (2, True)
    code, _, err = await keneya(tmp_path, *add, "--login", "A")
    assert code == 1
    assert "already" in err


async def test_a_second_server_on_the_same_data_ends_with_one_line(tmp_path: Path) -> None:
    async with running_server(tmp_path) as first:
        folder = str(first.settings.data_dir)
        environ = {"KENEYA_DATA_DIR": folder, "KENEYA_HTTP_PORT": "0", "KENEYA_MEDIA_PORT": "0"}
        async with asyncio.timeout(PATIENCE_S):
            code, _, err = await run(tmp_path, "serve", **environ)
        assert code == 2
        assert re.fullmatch(
            rf"keneya: database_url or data_dir: another keneya server .* \(process {os.getpid()}\); stop .*\n",
            err,
        )
        # Commands go on beside the server that has it.
        assert (await keneya(tmp_path, "station", "add", "--site", "A", "--name", "B", **environ))[0] == 0


def revision_of(file: Path) -> str:
    with closing(sqlite3.connect(file)) as database:
        return str(database.execute("SELECT version_num FROM alembic_version").fetchone()[0])


async def test_a_command_migrates_nothing_under_a_server_that_runs(tmp_path: Path) -> None:
    file = tmp_path / "keneya.db"
    environ = {"KENEYA_DATA_DIR": str(tmp_path)}
    engine = open_database(f"sqlite+aiosqlite:///{file}")
    await upgrade(engine, "0007")
    async with Serving(engine, tmp_path).held():
        for command in (
            ("account", "list"),
            ("key", "rotate"),
            ("case", "release", "one"),
            ("retention", "due"),
        ):
            code, _, err = await keneya(tmp_path, *command, **environ)
            assert (code, "stop it, then run `keneya upgrade`" in err) == (1, True), err
            assert revision_of(file) == "0007"
    await engine.dispose()
    assert (await keneya(tmp_path, "account", "list", **environ))[0] == 0
    assert revision_of(file) != "0007"


async def test_a_database_that_cannot_be_written_ends_a_command_with_one_line(tmp_path: Path) -> None:
    file = tmp_path / "keneya.db"
    file.write_bytes(b"this is no database at all, but a text" * 100)
    code, _, err = await keneya(tmp_path, "account", "list", KENEYA_DATA_DIR=str(tmp_path))
    assert code == 2
    assert re.fullmatch(r"keneya: database_url or data_dir: the database cannot be opened .*\n", err)


async def test_a_clock_that_is_wrong_ends_the_start_with_one_line_until_it_is_believed(
    tmp_path: Path,
) -> None:
    environ = {"KENEYA_DATA_DIR": str(tmp_path), "KENEYA_HTTP_PORT": "0", "KENEYA_MEDIA_PORT": "0"}
    engine = open_database(f"sqlite+aiosqlite:///{tmp_path / 'keneya.db'}")
    await upgrade(engine)
    async with sessions_of(engine).begin() as db:
        await Trail(lambda: time.time() + 86_400 * 365).record(db, some_entry(1))
    await engine.dispose()
    code, _, err = await run(tmp_path, "serve", **environ)
    assert code == 2
    assert re.fullmatch(
        r"keneya: the clock of this machine says .* `keneya clock believe` if it is right\n", err
    )
    assert (await keneya(tmp_path, "clock", "believe", **environ))[0] == 0
    async with running_server(tmp_path, data_dir=tmp_path):
        pass
