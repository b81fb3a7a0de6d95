"""Reads settings from their sources: the defaults, a TOML file, credentials, KENEYA_<NAME> variables, the command.

Owns: reading those sources, and the line of text for a wrong setting. Must never print a value: a wrong setting may
be a mistyped secret.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from server.platform.settings.config import (
    Row,
    Settings,
    SettingsError,
    table,
)

PREFIX = "KENEYA_"
# The secrets of the service while it runs, and its folder (deploy/keneya.service).
SERVICE_CREDENTIALS, SERVICE_DATA = Path("/run/credentials/keneya.service"), Path("/var/lib/keneya")
# Where systemd puts the credentials of a service (LoadCredential=, systemd.exec(5)), and the name of ours.
CREDENTIALS, CREDENTIAL = "CREDENTIALS_DIRECTORY", "master_key"
# How the files of its folder `setting` are named.
CREDENTIAL_PREFIX = "setting_"


def load_settings(
    config: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Settings:
    """Read every source; later sources override earlier ones. Raises SettingsError with one line of text."""
    rows = {row.name: row for row in table()}
    values: dict[str, Any] = {}
    credential = Path((environ or {}).get(CREDENTIALS, "")) / CREDENTIAL
    if (environ or {}).get(CREDENTIALS) and credential.exists():
        values["master_key_file"] = credential
    for key, raw in (_read_toml(config) if config else {}).items():
        values[key] = _parse(rows, key, raw, where=str(config))
    for key, raw in _read_credentials((environ or {}).get(CREDENTIALS, "")).items():
        values[key] = _parse(rows, key, raw, where="credential")
    for variable, raw_text in (environ or {}).items():
        if variable.startswith(PREFIX):
            name = variable.removeprefix(PREFIX).lower()
            values[name] = _parse(rows, name, raw_text, where=f"environment variable {variable}")
    for key, raw in (overrides or {}).items():
        values[key] = _parse(rows, key, raw, where="command line")
    settings = Settings(**values)
    if (
        not (environ or {}).get(CREDENTIALS)
        and settings.data_dir == SERVICE_DATA
        and SERVICE_CREDENTIALS.exists()
    ):
        raise SettingsError(
            "the service has secrets that this command does not see, maybe the address of its database: run "
            "`keneya-admin` instead of `keneya`"
        )
    return settings


def _read_toml(config: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{config}: there is no such file") from None
    except OSError as error:
        raise SettingsError(f"{config}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{config}: is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{config}: is not TOML ({_without_newlines(error)})") from None


def _read_credentials(folder: str) -> dict[str, str]:
    """The secrets that the service manager hands over, each a file named as its setting."""
    found = {}
    for file in sorted(Path(folder).glob(f"{CREDENTIAL_PREFIX}*")) if folder else ():
        name = file.name.removeprefix(CREDENTIAL_PREFIX)
        try:
            found[name] = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise SettingsError(f"{name} (credential): cannot be read as text") from None
    return found


def _without_newlines(error: Exception) -> str:
    return " ".join(str(error).split())


def _parse(rows: Mapping[str, Row], name: str, raw: object, where: str) -> object:
    row = rows.get(name)
    if row is None:
        near = difflib.get_close_matches(name, rows, n=1)
        hint = f"did you mean {near[0]}?" if near else "`keneya settings` lists all there are"
        raise SettingsError(f"{name} ({where}): there is no such setting; {hint}")
    try:
        return row.parse(raw)
    except ValueError as error:
        raise SettingsError(f"{name} ({where}): {error}") from None
