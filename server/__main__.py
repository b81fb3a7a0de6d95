"""The command line: `keneya`, or `python -m server`.

Owns: commands, their options, and the exit codes (0 done, 2 a wrong setting or argument, 1 anything else
refused). Must never print a traceback for what an operator can mend.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from server.audit.commands import audit_commands, clock_commands
from server.backup.commands import backup, restore
from server.erasure.commands import case_commands, retention_commands
from server.people.accounts.commands import account_commands, admin_commands
from server.people.stations.commands import station_commands
from server.platform.command_line import (
    ConfigOption,
    console,
    errors,
    refuse,
    run,
    settings_of,
)
from server.platform.database.engine import open_database
from server.platform.database.upgrade import differences, is_current
from server.platform.sealing.commands import key_commands
from server.platform.settings.printing import as_markdown, print_table
from server.tables import METADATA
from server.upgrading import upgrade_command

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Kɛnɛya: teleconsultation for places where the link is the patient's worst enemy.",
)
db_commands = typer.Typer(no_args_is_help=True, help="The database's tables.")
app.add_typer(db_commands, name="db")
app.add_typer(station_commands, name="station")
app.add_typer(account_commands, name="account")
app.add_typer(audit_commands, name="audit")
app.add_typer(admin_commands, name="admin")
app.add_typer(key_commands, name="key")
app.add_typer(case_commands, name="case")
app.add_typer(retention_commands, name="retention")
app.command()(backup)
app.command()(restore)
app.add_typer(clock_commands, name="clock")
app.command("upgrade")(upgrade_command)


@app.command()
def serve(config: ConfigOption = None) -> None:
    """Run the server."""
    settings = settings_of(config)

    async def ready(url: str) -> None:
        errors.print(f"Kɛnɛya is at {url} (Ctrl-C stops)")

    # Here and in `demo`: the relay takes as long to load as all that the other commands need.
    from server.app import create_app
    from server.backup.scheduled import add_backups, command_for
    from server.serve import serve as run_server

    async def work() -> None:
        web_app = create_app(settings)
        add_backups(web_app, settings, command_for(config))
        await run_server(settings, web_app, ready)

    run(settings, work)


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
    settings = settings_of(
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

    from server import demo as demonstration
    from server.app import create_app
    from server.serve import serve as run_server

    async def start() -> None:
        web_app = create_app(settings)

        async def ready(url: str) -> None:
            made = await demonstration.prepare(web_app, url)
            demonstration.show(made, console)
            if write is not None:
                demonstration.write(made, write)

        await run_server(settings, web_app, ready)

    run(settings, start)


@app.command()
def settings(
    markdown: Annotated[bool, typer.Option("--markdown", help="As a Markdown table.")] = False,
) -> None:
    """List every setting: name, default, unit, meaning."""
    if markdown:
        print(as_markdown())
    else:
        print_table(console)


@db_commands.command("check")
def db_check(config: ConfigOption = None) -> None:
    """Say whether the tables are in their newest form; exit code 1 when they are not."""
    loaded = settings_of(config)

    async def work() -> None:
        engine = open_database(loaded.database)
        try:
            current = await is_current(engine)
            different = await differences(engine, METADATA) if current else []
        finally:
            await engine.dispose()
        if not current:
            refuse("The database is older than this program: run `keneya upgrade`.")
        if different:
            refuse(f"The tables were changed by hand: {len(different)} differences to what is expected.")
        console.print("The database is up to date.")

    run(loaded, work)


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    main()
