"""The errors of people and stations, the whole tree first.

AuthError (Refusal)
├── WrongCredentials   unknown login, wrong password, disabled account: all answered alike
├── WrongCode          no such enrolment code, or it is used or too old: all answered alike
├── WrongTotp          not the six digits of now, or they were used already: answered alike
│   └── ClockOff       the six digits of another time of the same day: the telephone's clock is wrong
├── WrongRecoveryCode  no code of this person's sheet, or it was used already: answered alike
├── WrongPasskey       what the browser signed proves no passkey of this person, whatever is wrong with it
├── TooManyPasskeys    this person has as many passkeys as one account may have
├── LastSecondFactor   without this one, the password alone would open the account
├── WrongPin           not the PIN of this station, or it has none
├── MustWait           too many failures from this place: ask again after ``retry_after_s``
├── TooBusy            more sign-ins are being checked than this machine can carry
├── SlowDown           this page, or its site, asks for more than anybody needs
├── PasswordRefused    a new password that is too short or too easily guessed
├── ProofNeeded        a station's cookie came without a fresh signature of its key
├── UnknownKey         what a kiosk sent is no P-256 public key
├── OutOfOrder         this step of signing in is not the one that is due
└── ProviderRefused    the OpenID Connect provider did not vouch for anybody we know
LoginTaken, SubjectTaken (Refusal)      two accounts would be opened alike
NoSuchAccount, NoSuchStation, NoSuchPasskey (NotFound)

Owns: error types and their codes (keys of the pages' catalogs). Texts never carry what was typed.
"""

from __future__ import annotations

from server.platform.errors import NotFound, Refusal


class AuthError(Refusal):
    """Base of the errors of signing in."""

    code = "auth_error"


class WrongCredentials(AuthError):
    """This login and this password do not open an account."""

    code = "wrong_credentials"
    status = 401


class WrongCode(AuthError):
    """This code enrols no station."""

    code = "wrong_code"
    status = 401


class WrongTotp(AuthError):
    """These are not the six digits of now, or they were used already."""

    code = "wrong_totp"
    status = 401


class ClockOff(WrongTotp):
    """These six digits belong to another time: the telephone's clock is wrong. Told to who has the password."""

    code = "totp_clock_off"


class WrongRecoveryCode(AuthError):
    """This is no code of this person's sheet, or it was used already."""

    code = "wrong_recovery_code"
    status = 401


class WrongPasskey(AuthError):
    """What the browser signed proves no passkey of this person."""

    code = "wrong_passkey"
    status = 401


class WrongPin(AuthError):
    """This is not the PIN of this station, or it has none."""

    code = "wrong_pin"
    status = 401


class TooManyPasskeys(AuthError):
    """One account has no room for another passkey."""

    code = "too_many_passkeys"
    status = 409


class LastSecondFactor(AuthError):
    """Without this second factor, the password alone would open the account."""

    code = "last_second_factor"
    status = 409


class MustWait(AuthError):
    """Too many failures from this place."""

    code = "must_wait"
    status = 429

    def __init__(self, retry_after_s: int) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


class TooBusy(AuthError):
    """Too many passwords are being checked at once; each costs CPU time that voice packets need."""

    code = "too_busy"
    status = 503
    retry_after_s = 1


class SlowDown(AuthError):
    """This page asks for too much at once, or its whole site does."""

    code = "slow_down"
    status = 429
    retry_after_s = 1


class PasswordRefused(AuthError):
    """A new password that is not taken; the code tells why."""

    status = 422

    def __init__(self, code: str) -> None:
        super().__init__(code)


class ProofNeeded(AuthError):
    """A station's cookie came without a signature of its key over a challenge that is still good."""

    code = "proof_needed"
    status = 401


class UnknownKey(AuthError):
    """What a kiosk sent is no P-256 public key."""

    code = "malformed"
    status = 422


class OutOfOrder(AuthError):
    """This step of signing in is not the one that is due."""

    code = "not_now"
    status = 409


class ProviderRefused(AuthError):
    """The OpenID Connect provider did not vouch for anybody we know; the code tells how far it came."""

    code = "oidc_refused"


class LoginTaken(Refusal):
    """There is an account with this login already."""

    code = "login_taken"
    status = 409


class SubjectTaken(Refusal):
    """This person of the provider opens another account already."""

    code = "subject_taken"
    status = 409


class NoSuchAccount(NotFound):
    """No account has this id."""


class NoSuchStation(NotFound):
    """No station has this id."""


class NoSuchPasskey(NotFound):
    """This person has no passkey with this id."""
