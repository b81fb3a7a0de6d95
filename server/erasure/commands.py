"""`keneya case` and `keneya retention`: what becomes of cases at the end.

Owns: the commands. A reference is typed at a prompt, never given as an argument: arguments stay in the history of a
shell. Must never show anything of a case but its id, its site and its kind.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer

from server.audit.keys import load_or_make
from server.audit.reading import pages
from server.cases.photos.photofiles import PhotoFiles
from server.cases.vocabulary import Kind
from server.erasure.certificate import certificate
from server.erasure.errors import ErasureRefused
from server.erasure.store import Erasures
from server.platform.command_line import ConfigOption, console, opened_database, refuse, run, settings_of
from server.platform.database.engine import DbSessions
from server.platform.sealing.keyring import Keyring
from server.platform.sealing.masterkeys import master_keys_of
from server.platform.sealing.plainrows import seal_what_is_plain
from server.platform.sealing.sealedrows import info_with
from server.platform.settings.config import Settings
from server.trail.trail import Trail

case_commands = typer.Typer(no_args_is_help=True, help="Cases at their end: erase, hold, release.")
retention_commands = typer.Typer(no_args_is_help=True, help="How long cases are kept.")

CaseId = Annotated[
    str, typer.Argument(help="The id of the case, as the trail and the pages' addresses have it.")
]


@dataclass(frozen=True, slots=True)
class Opened:
    """The services of a command."""

    settings: Settings
    database: DbSessions
    erasures: Erasures


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Opened]:
    keyring = Keyring(master_keys_of(settings))
    async with opened_database(settings, info_with(keyring)) as database:
        await seal_what_is_plain(database, keyring)
        files = PhotoFiles(settings.data_dir / "photos")
        yield Opened(settings, database, Erasures(database, Trail(time.time), keyring, files, time.time))


def _run(settings: Settings, work: Callable[[Opened], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with _opened(settings) as own:
            try:
                await work(own)
            except ErasureRefused as error:
                refuse(str(error))

    run(settings, whole)


@case_commands.command("erase")
def erase(
    case_id: CaseId = "",
    site: Annotated[
        str,
        typer.Option(
            help="Instead of an id: erase all cases of one patient at this site; asks for the reference."
        ),
    ] = "",
    config: ConfigOption = None,
) -> None:
    """Erase a case, or a patient's cases, for good; prints a signed certificate for each. The server may run."""
    settings = settings_of(config)
    if bool(case_id) == bool(site):
        refuse("give the id of a case, or --site", code=2)
    reference = typer.prompt("Reference (alias, number or name)") if site else ""

    async def work(own: Opened) -> None:
        found = [case_id] if case_id else await own.erasures.of_patient(site, reference)
        if not found:
            refuse("no case of this reference at this site")
        if not typer.confirm(f"Erase {len(found)} case(s) for good?"):
            refuse("nothing was erased")
        for one in found:
            sequence = await own.erasures.erase(one)
            async for page in pages(own.database, after=sequence - 1, rows=1):
                typer.echo(certificate(page[0], load_or_make(settings.audit_keys)))
                break

    _run(settings, work)


@case_commands.command("hold")
def hold(
    case_id: CaseId,
    why: Annotated[str, typer.Option(help="For whom, such as a court's number; sealed with the case.")],
    config: ConfigOption = None,
) -> None:
    """Keep a case whatever the rules say, until it is released."""
    _run(settings_of(config), lambda own: own.erasures.hold(case_id, why))


@case_commands.command("release")
def release(case_id: CaseId, config: ConfigOption = None) -> None:
    """End a hold."""
    _run(settings_of(config), lambda own: own.erasures.release(case_id))


@retention_commands.command("set")
def retention_set(
    kind: Annotated[Kind, typer.Option(help="Which cases.")],
    days: Annotated[int, typer.Option(min=0, max=36_500, help="Days after the last event; 0: for good.")],
    site: Annotated[
        str, typer.Option(help="At this site; without one: wherever no rule of its own is.")
    ] = "",
    config: ConfigOption = None,
) -> None:
    """Let cases be erased by themselves, so many days after their last event (`keneya retention due`: which)."""
    _run(settings_of(config), lambda own: own.erasures.keep_for(site, kind, days or None))


@retention_commands.command("due")
def retention_due(config: ConfigOption = None) -> None:
    """The cases that will be erased within 30 days: time to hold one, or to print it."""

    async def work(own: Opened) -> None:
        for one in await own.erasures.due(time.time()):
            day = datetime.fromtimestamp(one.at, UTC).date().isoformat()
            console.print(
                f"{day}  {one.case_id}  {one.kind}  {one.site}", markup=False, highlight=False, soft_wrap=True
            )

    _run(settings_of(config), work)
