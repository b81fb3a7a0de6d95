"""The demo: a site, a station and a doctor in a database of their own, ready within one command.

Owns: the demo's names and the box that tells what to open. Must never touch another database than the
one it is given, nor give a known password to anybody but this machine itself.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from aiohttp import web
from rich.console import Console
from rich.panel import Panel

from server.people.accounts.store import ACCOUNTS, Profile
from server.people.profile import Specialty, Spoken
from server.people.sessions.store import SESSIONS
from server.people.signin.credentials import CREDENTIALS
from server.people.stations.store import STATIONS
from server.platform.http.keys import SETTINGS
from server.platform.http.origin import is_loopback
from signaling.messages import Role

SITE = "CSRéf de Kayes"
STATION = "Poste 1"
HOSPITAL = "Hôpital du Point G"
LOGIN = "docteur"
NAME = "Dr Aminata Traoré"
# Known to everybody who reads this: used only while nobody but this machine can reach the demo.
PASSWORD_ON_THIS_MACHINE = "demo-keneya"  # noqa: S105
PASSWORD_BYTES = 9


@dataclass(frozen=True, slots=True)
class Demo:
    """What one needs to try the server. ``code`` enrols the station, once."""

    url: str
    code: str
    login: str
    password: str


async def prepare(app: web.Application, url: str) -> Demo:
    """Make what is missing, with a new enrolment code; the doctor's password is set anew at each start."""
    host = app[SETTINGS].http_host
    private = host == "localhost" or is_loopback(host)
    password = PASSWORD_ON_THIS_MACHINE if private else secrets.token_urlsafe(PASSWORD_BYTES)
    if await app[CREDENTIALS].exists(LOGIN):
        await app[CREDENTIALS].set_password(LOGIN, password)
        doctor = await app[ACCOUNTS].id_of(LOGIN)
    else:
        profile = Profile(
            NAME, Role.CLINICIAN, HOSPITAL, [Specialty.GENERAL], [Spoken.FRENCH, Spoken.BAMBARA]
        )
        doctor = await app[ACCOUNTS].create(LOGIN, profile, password=password, lasting=True)
    # One command must be enough to try it; the box says that a real server asks for more.
    app[SESSIONS].waive_second_factor(doctor)
    code = (await app[STATIONS].new_code(site=SITE, name=STATION)).code
    return Demo(url, code, LOGIN, password)


def show(demo: Demo, console: Console) -> None:
    """Print the box."""
    lines = (
        f"[bold]1. The clinic station[/]   {demo.url}/station",
        f"   enrolment code         [bold]{demo.code}[/]   ({STATION}, {SITE})",
        "",
        f"[bold]2. The doctor[/]           {demo.url}/clinician",
        f"   sign-in                [bold]{demo.login}[/]   password [bold]{demo.password}[/]",
        "",
        "[bold red]Only this demo lets somebody in without a second factor.[/] A real server asks everybody",
        "for the six digits of a telephone; begin there with [bold]keneya admin create[/].",
        "",
        "Ask for a doctor at the station, go on duty and accept as the doctor. Ctrl-C stops.",
    )
    console.print(Panel("\n".join(lines), title="Kɛnɛya demo", expand=False, padding=(1, 2)))


def write(demo: Demo, file: Path) -> None:
    """Write the same as JSON, for programs that drive the demo; readable by this user only, and whole."""
    part = file.with_name(f"{file.name}.part")
    part.touch()
    part.chmod(0o600)
    part.write_text(json.dumps(asdict(demo)), encoding="utf-8")
    part.replace(file)
