"""The command line: `keneya`, or `python -m server`.

Owns: commands, their options, and the exit codes (0 done, 2 a wrong setting or argument, 1 anything else
refused). Must never print a traceback for what an operator can mend.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
import uvloop
from rich.console import Console

from server import demo as demonstration
from server.app import create_app, make_services
from server.auth.accounts import PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS, LoginTaken
from server.config import Settings, SettingsError
from server.config_sources import load_settings
from server.db.engine import open_database
from server.db.upgrade import differences, is_current, upgrade
from server.logs import configure_logging
from server.serve import serve as run_server
from server.services import SERVICES, Services
from server.settings_table import as_markdown, print_table
from signaling.messages import Role

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Kɛnɛya: teleconsultation for places where the link is the patient's worst enemy.",
)
db_commands = typer.Typer(no_args_is_help=True, help="The database's tables.")
station_commands = typer.Typer(no_args_is_help=True, help="The shared kiosks at the sites.")
account_commands = typer.Typer(no_args_is_help=True, help="People who sign in.")
app.add_typer(db_commands, name="db")
app.add_typer(station_commands, name="station")
app.add_typer(account_commands, name="account")

console = Console()
errors = Console(stderr=True, soft_wrap=True)

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="TOML file with settings; `keneya settings` lists them.")
]
PASSWORD_BYTES = 12


@app.command()
def serve(config: ConfigOption = None) -> None:
    """Run the server."""
    settings = _settings(config)

    async def ready(url: str) -> None:
        errors.print(f"Kɛnɛya is at {url} (Ctrl-C stops)")

    _run(settings, lambda: run_server(settings, create_app(settings), ready))


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="TCP port of the pages.")] = 8080,
    host: Annotated[str, typer.Option(help="Address to serve on.")] = "localhost",
    media_port: Annotated[int, typer.Option(help="UDP port of voice and pictures.")] = 8081,
    data_dir: Annotated[Path, typer.Option(help="Folder of the demo's database.")] = Path("var/demo"),
    write: Annotated[
        Path | None, typer.Option(help="Also write address, code and sign-in as JSON into this file.")
    ] = None,
) -> None:
    """Run the server with a demo clinic and a demo doctor, and say what to open."""
    settings = _settings(
        None,
        {
            "http_port": port,
            "http_host": host,
            "media_port": media_port,
            "data_dir": str(data_dir),
            "log_format": "console",
            "log_level": os.environ.get("KENEYA_LOG_LEVEL", "warning"),
        },
    )

    if write is not None:
        # Whoever waits for the file must not find the one of an earlier demo.
        write.unlink(missing_ok=True)

    async def start() -> None:
        web_app = create_app(settings)

        async def ready(url: str) -> None:
            made = await demonstration.prepare(web_app[SERVICES], url)
            demonstration.show(made, console)
            if write is not None:
                demonstration.write(made, write)

        await run_server(settings, web_app, ready)

    _run(settings, start)


@app.command()
def settings(
    markdown: Annotated[bool, typer.Option("--markdown", help="As a Markdown table.")] = False,
) -> None:
    """List every setting: name, default, unit, meaning."""
    if markdown:
        print(as_markdown())
    else:
        print_table(console)


@db_commands.command("upgrade")
def db_upgrade(config: ConfigOption = None) -> None:
    """Bring the tables to their newest form (the server does so itself when it starts)."""
    loaded = _settings(config)

    async def work() -> None:
        async with _services(loaded):
            console.print("The database is up to date.")

    _run(loaded, work)


@db_commands.command("check")
def db_check(config: ConfigOption = None) -> None:
    """Say whether the tables are in their newest form; exit code 1 when they are not."""
    loaded = _settings(config)

    async def work() -> None:
        engine = open_database(loaded.database)
        try:
            current = await is_current(engine)
            different = await differences(engine) if current else []
        finally:
            await engine.dispose()
        if not current:
            _refuse("The database is older than this program: run `keneya db upgrade`.")
        if different:
            _refuse(f"The tables were changed by hand: {len(different)} differences to what is expected.")
        console.print("The database is up to date.")

    _run(loaded, work)


@station_commands.command("add")
def station_add(
    site: Annotated[str, typer.Option(help="Where the station stands; made when it is new.")],
    name: Annotated[str, typer.Option(help="The station's name; made when it is new.")],
    config: ConfigOption = None,
) -> None:
    """Print a new enrolment code for a station; codes given out for it before stop working."""
    loaded = _settings(config)
    site, name = _not_blank(site, "--site"), _not_blank(name, "--name")

    async def work() -> None:
        async with _services(loaded) as own:
            made = await own.stations.new_code(site=site, name=name)
        hours = loaded.enrolment_code_ttl_s // 3600
        console.print(f"Type this code at {name} ({site}) within {hours} hours:", style="dim", markup=False)
        print(made.code)

    _run(loaded, work)


@account_commands.command("add")
def account_add(  # noqa: PLR0917 (typer calls it by name)
    login: Annotated[str, typer.Option(help="What the person types to sign in.")],
    name: Annotated[str, typer.Option(help="The name that others see.")],
    site: Annotated[str, typer.Option(help="Where the person works; made when it is new.")] = "",
    role: Annotated[Role, typer.Option(help="What the person does in a consultation.")] = Role.CLINICIAN,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Make an account; without --password-stdin a password is made up and printed."""
    loaded = _settings(config)
    login, name = _not_blank(login, "--login"), _not_blank(name, "--name")
    if role is Role.STATION:
        _refuse("A station is not a person: use `keneya station add`.", code=2)
    given = sys.stdin.readline().rstrip("\n") if password_stdin else None
    password = given if given is not None else secrets.token_urlsafe(PASSWORD_BYTES)
    if not PASSWORD_MIN_CHARS <= len(password) <= PASSWORD_MAX_CHARS:
        _refuse(f"A password has {PASSWORD_MIN_CHARS} to {PASSWORD_MAX_CHARS} characters.", code=2)

    async def work() -> None:
        async with _services(loaded) as own:
            try:
                await own.accounts.create(login=login, name=name, role=role, site=site, password=password)
            except LoginTaken:
                _refuse(f"There is an account with the login {login} already.")
        console.print(f"{name} can sign in as {login}", style="dim", markup=False)
        if given is None:
            print(password)

    _run(loaded, work)


@asynccontextmanager
async def _services(settings: Settings) -> AsyncIterator[Services]:
    """The services on an upgraded database, for a command that runs beside or without the server."""
    engine = open_database(settings.database)
    own = make_services(settings, engine, time.time)
    try:
        await upgrade(engine)
        yield own
    finally:
        own.hasher.close()
        await engine.dispose()


def _settings(config: Path | None, overrides: dict[str, object] | None = None) -> Settings:
    try:
        return load_settings(config, os.environ, overrides)
    except SettingsError as error:
        _refuse(str(error), code=2)


def _run(settings: Settings, work: Callable[[], Awaitable[None]]) -> None:
    """Run ``work`` under uvloop; what an operator can mend ends in one line."""
    configure_logging(settings.log_level, settings.log_format)
    # What the server writes (the database above all) is for its own user only.
    os.umask(0o077)

    async def main() -> None:
        await work()

    try:
        uvloop.run(main())
    except SettingsError as error:
        _refuse(str(error), code=2)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _not_blank(text: str, option: str) -> str:
    if not text.strip():
        _refuse(f"{option} must not be empty.", code=2)
    return text.strip()


def _refuse(line: str, code: int = 1) -> NoReturn:
    errors.print(f"keneya: {line}", style="red", markup=False, highlight=False)
    raise typer.Exit(code)


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    main()
