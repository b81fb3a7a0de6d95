"""The one table of settings: name, default, unit, meaning and parser of each.

Owns: `Settings`. sources.py and printing.py derive everything else from this table: TOML, environment variables,
`keneya settings` and the error texts. Must never read a file, the environment or the clock.
"""

# `setting` returns a new dataclass Field for each row, so RUF009 (a shared default) does not apply.
# ruff: noqa: RUF009

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from server.platform.settings import values as v

T = TypeVar("T")

HOUR_S = 3600
DAY_S = 24 * HOUR_S


class SettingsError(Exception):
    """A setting is wrong. The text is one line with its name, its source and the right form."""


def setting(default: T, parse: v.Parser, meaning: str, *, unit: str = "", secret: bool = False) -> T:
    """One row of the table. ``secret``: the value is never printed."""
    row = {"parse": parse, "meaning": meaning, "unit": unit, "secret": secret}
    # A dataclass reads this Field as the description of the attribute; a type checker sees it as the value.
    return field(default=default, metadata=row)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting of the server, checked, in the order of the printed table."""

    http_host: str = setting(
        "localhost",
        v.text,
        "Address to serve pages on. Browsers allow cameras over plain HTTP only on the same machine, so the "
        "default is localhost; with TLS in this server use 0.0.0.0 or ::",
    )
    http_port: int = setting(
        8080, v.integer(0, 65535), "TCP port of the pages; 0 takes any free one", unit="port"
    )
    public_url: str = setting(
        "",
        v.optional_origin,
        "Address that people type, such as https://keneya.example.org, if a proxy is in front of this server; "
        "https makes browsers keep to https",
    )
    allowed_origins: tuple[str, ...] = setting(
        (), v.origins, "Web origins besides this server's own that may send requests, such as a portal"
    )
    trusted_proxies: tuple[v.Network, ...] = setting(
        (),
        v.networks,
        "Proxies whose X-Forwarded-For header is used. Set it if a proxy is in front of this server; otherwise "
        "all visitors share one sign-in delay",
    )
    tls_certificate: Path | None = setting(
        None, v.optional_path, "PEM file with the certificate chain; empty: plain HTTP"
    )
    tls_key: Path | None = setting(None, v.optional_path, "PEM file with the private key of the certificate")

    data_dir: Path = setting(Path("var"), v.path, "Folder for everything the server writes")
    database_url: str = setting(
        "",
        v.text,
        "SQLAlchemy address of the database, such as postgresql+asyncpg://user:password@host/keneya; "
        "empty: the SQLite file keneya.db in data_dir",
        secret=True,
    )
    master_key_file: Path | None = setting(
        None,
        v.optional_path,
        "File with the master key that everything about patients is sealed to, best not on the disk of data_dir "
        "(`keneya key new` makes one). Empty: the systemd credential master_key if there is one, else master.key "
        "in data_dir, made at the first start: then a stolen disk opens everything",
    )
    master_key: str = setting(
        "",
        v.text,
        "The master key itself instead of a file; after a comma the one before, until `keneya key rotate` is done",
        secret=True,
    )
    audit_key_dir: Path | None = setting(
        None,
        v.optional_path,
        "Folder of the key that signs checkpoints, best not on the disk of data_dir; empty: the folder audit in "
        "data_dir",
    )
    audit_checkpoint_dir: Path | None = setting(
        None,
        v.optional_path,
        "Folder for signed checkpoints of the audit trail, best on another machine's disk; empty: the folder "
        "audit in data_dir, from which you should copy them to another machine",
    )
    audit_checkpoint_every_s: int = setting(
        HOUR_S,
        v.integer(60, 30 * DAY_S),
        "Interval of checkpoints; without new entries none is made",
        unit="s",
    )

    backup_dir: Path | None = setting(
        None, v.optional_path, "Folder for backups, best on another machine's disk; empty: none are made"
    )
    backup_recipients: tuple[str, ...] = setting(
        (),
        v.items,
        "age recipients (age1...) that backups are encrypted to; their identities belong on no server",
    )
    backup_every_s: int = setting(
        0,
        v.integer(0, 90 * DAY_S),
        "Interval of the backups that a running server makes; 0: only `keneya backup` makes them",
        unit="s",
    )
    backup_keep: int = setting(
        14, v.integer(1, 10_000), "Newest backups that are kept; older ones are deleted", unit="backups"
    )

    media_port: int = setting(
        8081, v.integer(0, 65535), "The one UDP port of all voice and pictures", unit="port"
    )
    media_hosts: tuple[str, ...] = setting(
        ("0.0.0.0", "::"),  # noqa: S104 (every interface on purpose: each datagram is authenticated)
        v.ip_addresses,
        "Addresses to receive voice and pictures on",
    )
    media_announced_addresses: tuple[str, ...] = setting(
        (),
        v.ip_addresses,
        "Addresses for the pages if they differ from this machine's own (behind NAT); empty: its own",
    )

    turn_urls: tuple[str, ...] = setting(
        (), v.turn_urls, "TURN servers for the pages, such as turns:turn.example.org:443?transport=tcp"
    )
    turn_secret: str = setting(
        "", v.text, "The static-auth-secret of the TURN servers (coturn, use-auth-secret)", secret=True
    )
    turn_ttl_s: int = setting(
        12 * HOUR_S,
        v.integer(60, 7 * DAY_S),
        "How long a TURN password is valid, also after its account was disabled; coturn checks it when a "
        "connection begins, so not less than a page stays open before a call",
        unit="s",
    )

    session_idle_s: int = setting(
        12 * HOUR_S,
        v.integer(60, 30 * DAY_S),
        "A sign-in ends after this time without use; the default is a night on duty",
        unit="s",
    )
    session_absolute_s: int = setting(
        DAY_S, v.integer(60, 90 * DAY_S), "A sign-in ends after this time in any case", unit="s"
    )
    station_session_s: int = setting(
        400 * DAY_S,
        v.integer(DAY_S, 400 * DAY_S),
        "A station must be enrolled again after this time without use; browsers keep no cookie for longer",
        unit="s",
    )
    session_check_every_s: int = setting(
        2,
        v.integer(1, 60),
        "How often the server checks that the sign-ins of open sockets are still valid, by one small query. After "
        "`keneya account disable` or `reset`, a person can read on for at most this time",
        unit="s",
    )
    enrolment_code_ttl_s: int = setting(
        3 * DAY_S,
        v.integer(60, 30 * DAY_S),
        "How long the code that enrols a station is valid; the default is a journey to the site",
        unit="s",
    )
    sign_in_free_tries: int = setting(
        3, v.integer(1, 100), "Wrong passwords (or codes) from one place before a wait begins", unit="tries"
    )
    sign_in_delay_s: int = setting(
        1, v.integer(1, 3600), "The first wait; it doubles with every further failure", unit="s"
    )
    sign_in_delay_max_s: int = setting(60, v.integer(1, DAY_S), "Longest such wait", unit="s")
    sign_in_forget_s: int = setting(
        900, v.integer(1, 30 * DAY_S), "Failures are forgotten after this time without a new one", unit="s"
    )

    oidc_issuer: str = setting(
        "",
        v.issuer,
        "Issuer of an OpenID Connect provider whose people may sign in here, such as https://id.example.org; "
        "empty: none. Administrators link each account to the provider's subject",
    )
    oidc_name: str = setting(
        "", v.text, "Name of that provider on the sign-in button, such as Hôpital du Mali"
    )
    oidc_client_id: str = setting("", v.text, "Our client id at the provider")
    oidc_client_secret: str = setting(
        "", v.text, "Our client secret at the provider; empty: a public client, PKCE only", secret=True
    )
    oidc_second_factor: tuple[str, ...] = setting(
        ("mfa",),
        v.items,
        "Values of amr or acr with which the provider confirms a second factor; without one of them, this "
        "server asks for its own six digits",
    )

    data_price_fcfa_per_gb: int = setting(
        2000,
        v.integer(0, 10_000_000),
        "Price of a gigabyte for the sites, for the costs that people see; 0 shows no costs",
        unit="FCFA/GB",
    )
    data_price_currency: str = setting("FCFA", v.text, "Currency of that price, shown next to costs")

    log_level: str = setting(
        "info", v.choice("debug", "info", "warning", "error"), "Lowest level of the lines that are logged"
    )
    log_format: str = setting(
        "json",
        v.choice("json", "console"),
        "One JSON object a line for machines, or coloured text for people",
    )
    metrics_token: str = setting(
        "",
        v.text,
        "Bearer token for /metrics; empty: nobody may read it, because behind a proxy every visitor looks like "
        "this machine",
        secret=True,
    )

    def __post_init__(self) -> None:
        for problem in _contradictions(self):
            raise SettingsError(problem)

    @property
    def tls(self) -> bool:
        """Whether this process itself serves TLS."""
        return self.tls_certificate is not None

    @property
    def secure(self) -> bool:
        """Whether people reach the pages over https, directly or through a proxy."""
        return self.tls or self.public_url.startswith("https://")

    @property
    def database(self) -> str:
        """The SQLAlchemy address in use."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'keneya.db'}"

    @property
    def audit_keys(self) -> Path:
        """The folder of the key that signs checkpoints of the audit trail."""
        return self.audit_key_dir or self.data_dir / "audit"

    @property
    def checkpoint_dir(self) -> Path:
        """The folder of the audit trail's checkpoints."""
        return self.audit_checkpoint_dir or self.data_dir / "audit"


def _contradictions(settings: Settings) -> list[str]:
    """The contradictions between settings that are each valid alone."""
    found = []
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        found.append("tls_certificate and tls_key: set both, or neither for plain HTTP")
    if bool(settings.turn_urls) != bool(settings.turn_secret):
        found.append("turn_urls and turn_secret: set both, or neither to go without TURN")
    if settings.session_idle_s > settings.session_absolute_s:
        found.append("session_idle_s: must not be longer than session_absolute_s")
    if settings.sign_in_delay_s > settings.sign_in_delay_max_s:
        found.append("sign_in_delay_s: must not be longer than sign_in_delay_max_s")
    if settings.oidc_issuer and not (settings.oidc_client_id and settings.oidc_name):
        found.append("oidc_issuer: needs oidc_client_id and oidc_name as well")
    if bool(settings.backup_dir) != bool(settings.backup_recipients):
        found.append("backup_dir and backup_recipients: set both, or neither to make no backups")
    if settings.backup_every_s and not settings.backup_dir:
        found.append("backup_every_s: needs backup_dir and backup_recipients as well")
    if not settings.media_hosts:
        found.append("media_hosts: must name at least one address, such as 0.0.0.0")
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table of settings."""

    name: str
    default: Any
    parse: v.Parser
    unit: str
    meaning: str
    secret: bool


def table() -> list[Row]:
    """Every setting, in the order of `Settings`."""
    return [Row(name=f.name, default=f.default, **f.metadata) for f in dataclasses.fields(Settings)]
