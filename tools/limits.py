"""Writes docs/limits.md (`make limits`): every limit, its number and the reason that stands beside it in the code.

Owns: which modules and names are limits, and in which order people read them. Must never say a number itself.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from server.platform.settings.config import table

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "limits.md"

TITLE = """# Every limit there is

What the server allows at most, and why that much. `make limits` writes this page from the code: each number stands
there once, with its reason beside it. What is refused is counted in `/metrics`, by reason:
`keneya_connections_sent_away_total` (TCP), `keneya_signaling_turned_away_total` and
`keneya_signaling_protocol_errors_total` (sockets), `keneya_http_requests_total` with status 429 or 503 (requests),
`keneya_media_refused_total` (media), `keneya_sign_in_refusals_total`.

These limits do not help when the link to this machine is flooded. Somebody on the path who forges the address of a
page's packets can use up that page's own share of media, and nobody else's. Somebody who guesses a login from many
places keeps its owner waiting, but only in a browser where the owner has never signed in.
"""

# Heading, what stands under it, and the modules with their names; no names: all numbers of the module.
SECTIONS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "TCP connections",
        "Networks are a /24 of IPv4, a /64 and a /48 of IPv6; known is one from which somebody has signed in.",
        (
            ("server.platform.http.entrance", ""),
            ("server.platform.http.gate", ""),
            ("server.platform.http.networks", ""),
            ("server.serve", "BACKLOG"),
        ),
    ),
    (
        "WebSockets",
        "Whoever shows a cookie of ours is let in before strangers.",
        (
            (
                "signaling.limits",
                "HELLO_WITHIN_S STRANGER_HELLO_WITHIN_S MAX_CONNECTIONS MAX_STRANGERS MAX_STRANGERS_PER_NETWORK "
                "MAX_GREETING_PER_PARTICIPANT RESUME_WITHIN_S MESSAGE_MAX_BYTES MESSAGES_PER_S MESSAGES_BURST "
                "UNACKED_MAX_MESSAGES UNACKED_MAX_BYTES UNSENT_MAX_MESSAGES UNSENT_MAX_BYTES",
            ),
            ("server.sockets.greetings", ""),
            ("server.sockets.connection", "CLOSE_WITHIN_S MAX_DIRECT"),
            ("server.sockets.ws", "WRITER_LIMIT_BYTES"),
            ("server.people.sessions.tickets", "TICKET_TTL_S MAX_TICKETS"),
        ),
    ),
    (
        "Requests of pages that are signed in",
        "Beyond these a page is told to slow down (429).",
        (
            ("server.people.sessions.pace", ""),
            ("server.platform.http.bodies", ""),
            ("server.platform.repeats.store", "KEPT_S WAITS_S ANSWER_MAX_BYTES SENDER_MAX_ROWS"),
            ("server.cases.reading.lists", "LINES_MAX"),
        ),
    ),
    (
        "Cases and photos",
        "Beyond these the page says so in words.",
        (
            (
                "server.cases.quotas",
                "CASES_PER_STATION CASES_PER_SITE OPEN_TOLD OPEN_TOLD_EVERY_S PHOTO_BYTES_PER_SITE "
                "NOTES_PER_CASE OUTCOMES_PER_CASE REFERRALS_PER_CASE",
            ),
            ("server.cases.photos.store", ""),
            ("server.cases.photos.jpeg", "PIXELS_MAX SCANS_MAX"),
            ("server.cases.handlers", "TEXT_MAX_CHARS"),
            ("server.cases.intake.form", "REF_MAX_CHARS NAME_MAX_CHARS"),
        ),
    ),
    (
        "Consultations",
        "",
        (
            (
                "signaling.limits",
                "LEGS_PER_S LEGS_BURST REQUESTS_PER_S REQUESTS_BURST MAX_PARTICIPANTS INVITATION_S "
                "MAX_INVITATIONS MAX_LOBBY STILLS_PER_S STILLS_BURST ASKED_STILL_MAX_BYTES "
                "ASKED_STILL_MAX_WIDTH",
            ),
            ("server.mediators.handlers", "MINUTES_MAX"),
            ("signaling.messages.values", "SDP_MAX_CHARS REASON_MAX_CHARS PSEUDONYM_MAX_CHARS"),
        ),
    ),
    (
        "Signing in",
        "A browser in which a person has signed in before is counted apart. The settings are at the end.",
        (
            ("server.people.services", ""),
            ("server.people.signin.delays", ""),
            ("server.people.signin.tries", ""),
            ("server.people.signin.devices", "LIFETIME_S PEOPLE_MAX"),
            ("server.people.signin.passwords", "MIN_CHARS MAX_CHARS"),
            ("server.people.factors.passkeys", "PASSKEYS_PER_ACCOUNT MAX_CHALLENGES"),
            ("server.people.factors.ceremonies", "TIMEOUT_S"),
            ("server.people.factors.recoverycodes", "CODES"),
            ("server.people.stations.pins", "PIN_DIGITS UNLOCKED_S"),
            ("server.people.sessions.store", "OPEN_WITHOUT_PIN_S"),
            (
                "server.people.signin.hashing",
                "THREADS MAX_WAITING STRANGERS_AT_ONCE MAX_STRANGERS_WAITING MAX_WAITING_PER_NETWORK THREAD_NICE",
            ),
            ("server.people.sessions.proofs", "CHALLENGE_S MAX_REMEMBERED"),
            ("server.people.signin.oidc.underway", "PENDING_S COOKIE_MAX_CHARS"),
            ("server.people.signin.oidc.openidconnect", "ANSWER_MAX_BYTES"),
            ("server.trail.refused", "WRITE_EVERY_S ALIKE_S KINDS_MAX"),
        ),
    ),
    (
        "Media",
        "For each leg, by the addresses it has proved. Rates are those of packets without UDP and IP.",
        (
            ("media.engine.transport.ingress", ""),
            ("media.core.quality.voicesteps", "WIDEST_VOICE_BPS"),
            ("media.engine.relay.uplink", "VOICE_BURST_BYTES"),
            ("media.engine.engine", "LEGS_MAX"),
            ("media.engine.relay.rooms", "ROOM_MAX_LEGS"),
            ("media.engine.transport.srtp", "SSRCS_MAX"),
            ("media.engine.transport.guard", "ADDRESSES_PER_LEG STUN_USERNAME_MAX_BYTES"),
            ("media.engine.transport.ports", "READ_BATCH READ_TURN_S SOCKET_BUFFER_BYTES"),
            ("media.engine.transport.leg", ""),
            ("media.engine.transport.datachannels", ""),
            (
                "media.engine.transport.aiortc_private",
                "QUEUE_MAX_DATAGRAMS CONSENT_PENDING_MAX REMOTE_CANDIDATES_MAX",
            ),
            ("media.core.stills.stillframes", "STILL_MAX_BYTES SIDE_MAX_PIXELS GOING_MAX"),
            ("media.engine.relay.stills.room", "ROOM_STILLS_MAX"),
            ("media.engine.relay.stills.exchange", "EMPTY_ROOM_KEPT_MS EMPTY_ROOMS_MAX"),
            ("media.engine.transport.offer", "MEDIA_LINES_MAX"),
            ("media.engine.transport.datagrams", "DATAGRAM_MAX_BYTES"),
            ("media.core.rtp.red", "MAX_BLOCKS"),
            ("media.core.rtp.depacketize", "MAX_FRAME_BYTES"),
            ("media.core.rtp.frameassembly", "MAX_WAITING_PACKETS"),
            ("media.core.repair.nack", "MAX_MISSING MAX_TRIES"),
            ("media.engine.copies.copymaker", "SOURCE_MAX_PIXELS"),
            ("media.engine.copies.downscaler", "IN_FLIGHT_MAX CRASHES_MAX"),
            ("media.engine.copies.pool", "COPIES_PER_WORKER"),
            ("media.engine.copies.workerprocess", "PIPE_MAX_BYTES HANG_MS START_MS"),
        ),
    ),
    (
        "Keeping the server",
        "The trail, reports and upgrades.",
        (
            ("server.trail.entry", "FACTS_MAX"),
            ("server.audit.inspection", "ENTRIES_AT_ONCE"),
            ("server.audit.verification", "FINDINGS_MAX"),
            ("server.audit.checkpoint", "LINE_MAX_BYTES"),
            ("server.reports.links", "DAYS_AT_ONCE"),
            ("server.reports.smallcells", "SMALLEST_TOLD"),
            ("server.platform.database.precopy", ""),
            ("server.platform.http.operations", "DATABASE_WITHIN_S"),
        ),
    ),
)
# Settings that are limits, by the beginning of their names.
SETTINGS = ("sign_in_", "session_", "station_session_s", "enrolment_code_ttl_s", "turn_ttl_s")
CONSTANT = re.compile(r"([A-Z][A-Z0-9_]*) = ")


def page() -> str:
    """The whole document."""
    parts = [TITLE]
    for heading, intro, modules in SECTIONS:
        lines = [f"## {heading}", ""]
        if intro:
            lines += [intro, ""]
        lines += ["| limit | number | reason | where |", "| --- | --- | --- | --- |"]
        for name, wanted in modules:
            lines += _rows(name, frozenset(wanted.split()))
        parts.append("\n".join(lines) + "\n")
    parts.append(_settings())
    return "\n".join(parts)


def _rows(module: str, wanted: frozenset[str]) -> Iterator[str]:
    path = Path(*module.split(".")).with_suffix(".py")
    values = vars(import_module(module))
    found = set()
    for name, reason in _constants((ROOT / path).read_text(encoding="utf-8")):
        value = values[name]
        if isinstance(value, int | float) and not isinstance(value, bool) and (not wanted or name in wanted):
            if not reason:
                raise ValueError(f"{module}.{name} has no reason beside it")
            found.add(name)
            yield f"| `{name}` | {value:,.10g} | {reason} | `{path}` |"
    if missing := wanted - found:
        raise ValueError(f"{module} has no {sorted(missing)}")


def _constants(source: str) -> Iterator[tuple[str, str]]:
    """Each number of a module, and the comment above it; those that stand together share one."""
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        at = node.lineno - 2
        while at >= 0 and CONSTANT.match(lines[at]):
            at -= 1
        comment: list[str] = []
        while at >= 0 and lines[at].startswith("#"):
            comment.insert(0, lines[at].lstrip("# "))
            at -= 1
        yield node.targets[0].id, " ".join(comment).replace("|", "\\|")


def _settings() -> str:
    lines = ["## Settings that are limits", "", "| setting | default | meaning |", "| --- | --- | --- |"]
    for row in table():
        if row.name.startswith(SETTINGS):
            lines.append(f"| `{row.name}` | {row.default:,} {row.unit} | {row.meaning} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
