"""`keneya key`: the master key.

Owns: the commands. Must never print a key except the new one that `keneya key new` was asked for.
"""

from __future__ import annotations

import typer

from server.platform.command_line import (
    ConfigOption,
    console,
    errors,
    opened_database,
    refuse,
    run,
    settings_of,
)
from server.platform.sealing.keyring import Keyring
from server.platform.sealing.masterkeys import master_keys_of, new_master_key, written
from server.platform.sealing.plainrows import seal_what_is_plain
from server.platform.sealing.rotation import NothingToRotate, rotate
from server.platform.sealing.sealedrows import info_with

key_commands = typer.Typer(
    no_args_is_help=True, help="The master key that everything about patients is sealed to."
)


@key_commands.command("new")
def new() -> None:
    """Print a new master key, for a file, an environment variable or a systemd credential."""
    print(written(new_master_key()))
    errors.print("Keep a copy away from this machine: without it nobody reads the data again.")


@key_commands.command("rotate")
def rotate_key(config: ConfigOption = None) -> None:
    """Seal everything to a new master key; the server may run. After a power cut, run it again."""
    settings = settings_of(config)

    async def work() -> None:
        source = master_keys_of(settings)
        keyring = Keyring(source)
        async with opened_database(settings, info_with(keyring)) as database:
            await seal_what_is_plain(database, keyring)
            try:
                done = await rotate(database, keyring, source)
            except NothingToRotate as error:
                refuse(str(error))
        console.print(f"{done.sealed_anew} data keys are sealed to the new master key {done.master_id}.")
        if not done.old_removed:
            console.print("Now remove the old key from where you put it, and restart the server.")
        console.print("Backups of before open with the old key only: keep it as long as them.")

    run(settings, work)
