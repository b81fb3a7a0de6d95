"""`keneya audit verify | checkpoint | export`: commands for operators and auditors.

Owns: these commands and their exit codes: 0 done (or the trail is whole), 1 refused, 2 a wrong setting or argument,
3 the trail was tampered with. `verify` never writes, not even into the trail, and needs only read access.
"""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TextIO

import msgspec
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import DBAPIError

from server.audit import checkpoint
from server.audit.checkpoint import Checkpoint, NotACheckpoint
from server.audit.checkpoint_file import HeadGone, open_checkpoints
from server.audit.findings import Finding, Kind
from server.audit.keys import PUBLIC_NAME, load_public
from server.audit.reading import count_of, head_of, pages
from server.audit.verification import Verification
from server.platform.command_line import (
    ConfigOption,
    console,
    errors,
    opened_database,
    refuse,
    run,
    settings_of,
)
from server.platform.database.engine import DbSessions, open_database, sessions_of
from server.trail.acts import Act, System
from server.trail.entry import Entry
from server.trail.trail import Trail

TAMPERED = 3
OPERATOR_ID = "command_line"

audit_commands = typer.Typer(no_args_is_help=True, help="The audit trail: verify it, and make copies of it.")

clock_commands = typer.Typer(no_args_is_help=True, help="The clock of this machine.")


@audit_commands.command("verify")
def verify(
    checkpoints: Annotated[
        list[Path] | None,
        typer.Option(
            "--checkpoint", help="File with checkpoints from another machine; may be given several times."
        ),
    ] = None,
    public_key: Annotated[
        Path | None,
        typer.Option("--public-key", help="Public key of the checkpoints; default: this server's own."),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Read the whole trail and report any tampering, with exit code 3.

    Without a checkpoint from another machine, the owner of the database can rewrite the trail unnoticed.
    """
    settings = settings_of(config)
    lines = [line for path in checkpoints or [] for line in _lines(path)]

    async def work() -> None:
        # Read within `run`, so that a wrong key is reported like any wrong setting.
        key = load_public(public_key or settings.audit_keys / PUBLIC_NAME) if lines else None
        engine = open_database(settings.database)
        try:
            entries, findings = await _verified(sessions_of(engine), lines, key)
        except DBAPIError as error:
            refuse(f"The trail cannot be read ({type(error.orig).__name__}): run `keneya db check`.")
        finally:
            await engine.dispose()
        for finding in findings:
            console.print(str(finding), style="red", highlight=False, soft_wrap=True)
        if findings:
            raise typer.Exit(TAMPERED)
        seen = f" and {len(lines)} checkpoint{'s' if len(lines) > 1 else ''}" if lines else ""
        console.print(f"The audit trail is whole: {entries} entries{seen}.", highlight=False)
        errors.print(_how_far(lines), style="dim", highlight=False)

    run(settings, work)


@audit_commands.command("checkpoint")
def make_checkpoint(config: ConfigOption = None) -> None:
    """Print a signed checkpoint, one line of JSON, and append it to the file of checkpoints."""
    settings = settings_of(config)

    async def work() -> None:
        async with opened_database(settings) as database:
            try:
                made = await open_checkpoints(settings, database, time.time).make()
            except HeadGone:
                refuse("The head row of the trail is missing: run `keneya audit verify`.")
            except OSError as error:
                refuse(f"audit_checkpoint_dir: cannot be written ({type(error).__name__})")
        typer.echo(made.line())

    run(settings, work)


@clock_commands.command("believe")
def believe(config: ConfigOption = None) -> None:
    """Say that the clock of this machine is right, although it is far from the newest entry of the trail."""
    settings = settings_of(config)

    async def work() -> None:
        async with opened_database(settings) as database, database.begin() as db:
            await Trail(time.time).record(db, Entry(Act.CLOCK_BELIEVED, OPERATOR_ID, System.OPERATOR))
        console.print("The clock is believed; the server can start.")

    run(settings, work)


@audit_commands.command("export")
def export(
    out: Annotated[
        Path | None, typer.Option("--out", help="File for the lines; default: standard output.")
    ] = None,
    after: Annotated[int, typer.Option("--after", min=0, help="Only entries after this number.")] = 0,
    config: ConfigOption = None,
) -> None:
    """Write the entries as lines of JSON with their hashes. The export adds an entry to the trail."""
    settings = settings_of(config)

    async def work() -> None:
        async with opened_database(settings) as database:
            async with database.begin() as db:
                entry = Entry(Act.AUDIT_EXPORTED, OPERATOR_ID, System.OPERATOR, facts={"after": after})
                last = await Trail(time.time).record(db, entry)
            try:
                with out.open("w", encoding="utf-8") if out else nullcontext(sys.stdout) as file:
                    await _export(database, file, after, last)
            except OSError as error:
                refuse(f"--out: cannot be written ({type(error).__name__})", code=2)

    run(settings, work)


def _how_far(lines: list[bytes]) -> str:
    """What the verification cannot detect: changes after the newest checkpoint by the database's owner."""
    if not lines:
        return "No checkpoint was given: a rewritten or rolled-back trail cannot be detected."
    newest = max((checkpoint.read(line) for line in lines), key=lambda one: one.sequence)
    made = datetime.fromtimestamp(newest.at_ms / 1000, UTC)
    return (
        f"The newest checkpoint given is of entry {newest.sequence}, {made:%Y-%m-%d %H:%M} UTC: what was written "
        "after it could have been rewritten or rolled back."
    )


async def _verified(
    database: DbSessions, lines: list[bytes], key: Ed25519PublicKey | None
) -> tuple[int, list[Finding]]:
    forged, genuine = _sorted_out(lines, key)
    head = await head_of(database)
    verification = Verification(head, genuine)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task("entries", total=await count_of(database))
        async for page in pages(database):
            for written in page:
                verification.feed(written)
            progress.advance(task, len(page))
    return verification.entries, forged + verification.finish(await head_of(database))


def _sorted_out(lines: list[bytes], key: Ed25519PublicKey | None) -> tuple[list[Finding], list[Checkpoint]]:
    forged: list[Finding] = []
    genuine: list[Checkpoint] = []
    for line in lines:
        one = checkpoint.read(line)
        if key is not None and checkpoint.is_genuine(one, key):
            genuine.append(one)
        else:
            forged.append(Finding(Kind.FORGED_CHECKPOINT, one.sequence, one.sequence))
    return forged, genuine


def _lines(path: Path) -> list[bytes]:
    """The lines of a file of checkpoints; ends the command if a line is not a checkpoint."""
    try:
        found, torn = checkpoint.lines_of(path.read_bytes())
        for line in found:
            checkpoint.read(line)
    except OSError as error:
        refuse(f"--checkpoint: {path.name} cannot be read ({type(error).__name__})", code=2)
    except NotACheckpoint:
        refuse(f"--checkpoint: {path.name} has a line that is no checkpoint", code=2)
    if not found:
        refuse(f"--checkpoint: {path.name} is empty", code=2)
    if torn:
        errors.print(f"{path.name}: {torn} not written to the end, passed over", style="dim", highlight=False)
    return found


async def _export(database: DbSessions, file: TextIO, after: int, last: int) -> None:
    async for page in pages(database, after=after):
        for written in page:
            if written.sequence > last:
                return
            file.write(msgspec.json.encode(written, order="sorted").decode() + "\n")
