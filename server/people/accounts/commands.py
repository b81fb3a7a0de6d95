"""The commands of accounts: `keneya admin create`, `keneya account add | reset | list | disable | enable`.

Owns: these commands. They need the server's files and therefore its rights: whoever may run them is its operator.
A password is printed once, on the last line, and never comes as an argument (arguments are seen by others).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from rich.table import Table

from server.people.accounts.store import ONE_TIME_S, Accounts, Profile, one_time_password
from server.people.acting import OPERATOR
from server.people.errors import LoginTaken, NoSuchAccount, PasswordRefused
from server.people.profile import Gender, Specialty, Spoken
from server.people.signin import passwords
from server.people.signin.hashing import Hasher
from server.platform.command_line import (
    ConfigOption,
    console,
    not_blank,
    opened_database,
    refuse,
    run,
    settings_of,
)
from server.trail.trail import Trail
from signaling.messages import Role

admin_commands = typer.Typer(no_args_is_help=True, help="The first administrator.")
account_commands = typer.Typer(no_args_is_help=True, help="People who sign in.")

LoginOption = Annotated[str, typer.Option("--login", help="What the person types to sign in.")]
NameOption = Annotated[str, typer.Option("--name", help="The name that others see.")]
SiteOption = Annotated[str, typer.Option("--site", help="Where the person works; made when it is new.")]
StdinOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read a lasting password from standard input.")
]


@admin_commands.command("create")
def admin_create(
    login: LoginOption, name: NameOption, password_stdin: StdinOption = False, config: ConfigOption = None
) -> None:
    """Make an administrator; the first sign-in at /office asks for an own password and a second factor."""
    profile = Profile(not_blank(name, "--name"), Role.ADMINISTRATOR)
    _create(login, profile, password_stdin=password_stdin, config=config)


@account_commands.command("add")
def account_add(  # noqa: PLR0917 (typer calls it by name)
    login: LoginOption,
    name: NameOption,
    site: SiteOption = "",
    role: Annotated[Role, typer.Option(help="What the person does.")] = Role.CLINICIAN,
    specialty: Annotated[
        list[Specialty] | None, typer.Option(help="Of a clinician; may be repeated.")
    ] = None,
    language: Annotated[list[Spoken] | None, typer.Option(help="Spoken; may be repeated.")] = None,
    gender: Annotated[Gender | None, typer.Option(help="Of a clinician or a mediator.")] = None,
    password_stdin: StdinOption = False,
    config: ConfigOption = None,
) -> None:
    """Make an account; without --password-stdin a one-time password is made up and printed."""
    if role is Role.STATION:
        refuse("A station is not a person: use `keneya station add`.", code=2)
    profile = Profile(not_blank(name, "--name"), role, site.strip(), specialty or [], language or [], gender)
    _create(login, profile, password_stdin=password_stdin, config=config)


@account_commands.command("reset")
def account_reset(login: LoginOption, config: ConfigOption = None) -> None:
    """Print a one-time password; all sessions and the second factor of the account end."""

    async def work(accounts: Accounts) -> None:
        password = await accounts.reset(await accounts.id_of(login), actor=OPERATOR)
        _tell(login)
        typer.echo(password)

    _with_accounts(work, config)


@account_commands.command("disable")
def account_disable(login: LoginOption, config: ConfigOption = None) -> None:
    """Shut an account; its sessions end, and within seconds the sockets that a running server holds for them."""
    _set_disabled(login, disabled=True, config=config)


@account_commands.command("enable")
def account_enable(login: LoginOption, config: ConfigOption = None) -> None:
    """Open an account that was shut."""
    _set_disabled(login, disabled=False, config=config)


@account_commands.command("list")
def account_list(config: ConfigOption = None) -> None:
    """List the accounts."""

    async def work(accounts: Accounts) -> None:
        grid = Table()
        for heading in ("login", "name", "role", "site", "second factor", "state"):
            grid.add_column(heading, overflow="fold")
        for one in await accounts.everybody():
            state = "disabled" if one.disabled else "first sign-in" if one.must_change_password else "active"
            grid.add_row(
                one.login, one.name, one.role, one.site, "yes" if one.has_second_factor else "no", state
            )
        console.print(grid)

    _with_accounts(work, config)


def _create(login: str, profile: Profile, *, password_stdin: bool, config: ConfigOption) -> None:
    login = not_blank(login, "--login")
    given = sys.stdin.readline().rstrip("\n") if password_stdin else None
    if given is not None:
        try:
            passwords.check(given, (login, profile.name))
        except PasswordRefused as error:
            refuse(_why(error.code), code=2)
    password = given if given is not None else one_time_password()

    async def work(accounts: Accounts) -> None:
        try:
            await accounts.create(login, profile, password=password, lasting=given is not None)
        except LoginTaken:
            refuse(f"There is an account with the login {login} already.")
        if given is None:
            _tell(login)
            typer.echo(password)
        else:
            console.print(f"{profile.name} can sign in as {login}", style="dim", markup=False)

    _with_accounts(work, config)


def _set_disabled(login: str, *, disabled: bool, config: ConfigOption) -> None:
    async def work(accounts: Accounts) -> None:
        account_id = await accounts.id_of(login)
        await accounts.set_disabled(account_id, disabled=disabled, actor=OPERATOR)
        console.print(f"{login} is {'shut' if disabled else 'open'}", style="dim", markup=False)

    _with_accounts(work, config)


def _with_accounts(work: Callable[[Accounts], Awaitable[None]], config: ConfigOption) -> None:
    loaded = settings_of(config)

    async def main() -> None:
        async with opened_database(loaded) as database:
            hasher = Hasher()
            try:
                await work(Accounts(database, hasher, Trail(time.time), time.time))
            except NoSuchAccount:
                refuse("There is no account with this login; `keneya account list` shows all.")
            finally:
                hasher.close()

    run(loaded, main)


def _tell(login: str) -> None:
    hours = ONE_TIME_S // 3600
    console.print(
        f"Tell this password to the person who signs in as {login}; it works once, within {hours} hours:",
        style="dim",
        markup=False,
    )


def _why(code: str) -> str:
    if code == "password_length":
        return f"A password has {passwords.MIN_CHARS} to {passwords.MAX_CHARS} characters."
    return "This password is among those that guessers try first; choose another one."
