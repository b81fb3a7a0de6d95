"""Time-based one-time passwords (RFC 6238): six digits that change every thirty seconds.

Owns: making a secret, its QR code, and saying which step a typed code belongs to. Pure but for the system's
randomness: whether a step was used before, its caller knows. Must never log or repeat a secret or a code.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass

import pyotp
import segno

STEP_S = 30
DIGITS = 6
# A telephone's clock may be off by one step; RFC 6238 section 5.2 advises no more than that.
TOLERATED_STEPS = 1
# A telephone set by hand to the local time of a wrong zone is off by 14 hours at most. One mistyped code in 300 is
# taken for a code of that day.
ANOTHER_TIME_S = 14 * 3600
ISSUER = "Keneya"
TYPED_MAX_CHARS = 16


def new_secret() -> str:
    """160 random bits in base 32, as RFC 4226 section 4 recommends."""
    return pyotp.random_base32(32)


def uri(secret: str, login: str) -> str:
    """What authenticator apps read out of the QR code."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S).provisioning_uri(name=login, issuer_name=ISSUER)


def code_at(secret: str, now_s: float) -> str:
    """The code of a moment; for tests and the command line."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S).generate_otp(step_at(now_s))


def step_at(now_s: float) -> int:
    """The number of the thirty-second step of a moment (UTC seconds)."""
    return int(now_s // STEP_S)


def matching_step(secret: str, typed: str, now_s: float, last_step: int | None) -> int | None:
    """The step whose code was typed, if it is later than ``last_step``: no code opens twice. None: refused."""
    digits = _digits_of(typed)
    totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S)
    found = None
    now = step_at(now_s)
    for step in range(now - TOLERATED_STEPS, now + TOLERATED_STEPS + 1):
        # All are compared, so that the time taken tells nothing.
        if hmac.compare_digest(totp.generate_otp(step), digits) and step > (
            last_step if last_step is not None else -1
        ):
            found = step
    return found


def other_steps(secret: str, typed: str, now_s: float) -> frozenset[int]:
    """The steps of the same day of which the typed code is, if it is of none that is tolerated.

    A code of now that was used already is of none, even where a code of the same day happens to be equal.
    """
    digits = _digits_of(typed)
    key = base64.b32decode(secret)
    first, last = step_at(now_s - ANOTHER_TIME_S), step_at(now_s + ANOTHER_TIME_S)
    tolerated = range(step_at(now_s) - TOLERATED_STEPS, step_at(now_s) + TOLERATED_STEPS + 1)
    matching = frozenset(step for step in range(max(0, first), last + 1) if _code_of(key, step) == digits)
    return matching if matching.isdisjoint(tolerated) else frozenset()


@dataclass(frozen=True, slots=True)
class Refused:
    """A code that was refused: the step it came in, and the steps of the same day of which it is."""

    now: int
    steps: frozenset[int]


def is_clock_off(before: Refused | None, after: Refused) -> bool:
    """Whether two codes, one after the other, are equally far off: no guess is, a telephone with a wrong clock is.

    One code alone must tell nothing: some thousand codes are right at some time of the day, and whoever learned
    which would type one again when its time has come.
    """
    return before is not None and any(
        earlier < later and abs((later - after.now) - (earlier - before.now)) <= TOLERATED_STEPS
        for earlier in before.steps
        for later in after.steps
    )


def _digits_of(typed: str) -> str:
    return "".join(char for char in typed if char.isascii() and char.isdigit())


def _code_of(key: bytes, step: int) -> str:
    """RFC 4226 section 5.3; a day of codes must not hold up the voice of others (pyotp takes ten times as long)."""
    mac = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 0xF
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def qr_path(text: str) -> tuple[int, str]:
    """A QR code as the path of an SVG: width in modules (quiet zone of four included), and its ``d``."""
    code = segno.make(text, micro=False, error="m")
    rows = [list(row) for row in code.matrix_iter(border=4)]
    parts = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                parts.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
            x += 1
    return len(rows), "".join(parts)
