"""The command of stations: `keneya station add`.

Owns: this command. A code is printed once, on the last line.
"""

from __future__ import annotations

import time
from contextlib import closing
from typing import Annotated

import typer

from server.people.signin.delays import tries_of
from server.people.signin.hashing import Hasher
from server.people.stations.store import Stations
from server.platform.command_line import ConfigOption, console, not_blank, opened_database, run, settings_of
from server.trail.trail import Trail

station_commands = typer.Typer(no_args_is_help=True, help="The shared kiosks at the sites.")


@station_commands.command("add")
def station_add(
    site: Annotated[str, typer.Option(help="Where the station stands; made when it is new.")],
    name: Annotated[str, typer.Option(help="The station's name; made when it is new.")],
    config: ConfigOption = None,
) -> None:
    """Print a new enrolment code for a station; codes given out for it before stop working."""
    loaded = settings_of(config)
    site, name = not_blank(site, "--site"), not_blank(name, "--name")

    async def work() -> None:
        async with opened_database(loaded) as database:
            with closing(Hasher()) as hasher:
                stations = Stations(
                    database,
                    hasher,
                    tries=tries_of(loaded, time.monotonic),
                    trail=Trail(time.time),
                    settings=loaded,
                    clock=time.time,
                )
                made = await stations.new_code(site=site, name=name)
        hours = loaded.enrolment_code_ttl_s // 3600
        console.print(f"Type this code at {name} ({site}) within {hours} hours:", style="dim", markup=False)
        typer.echo(made.code)

    run(loaded, work)
