"""The tables of people and of where they work: accounts, sites, stations, and their sign-ins.

Owns: the rows. Must never hold a secret in the clear: passwords, codes and tokens are hashes, the rest is sealed.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    LargeBinary,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from server.platform.database.base import (
    ID_CHARS,
    SHA256_HEX_CHARS,
    Base,
    Id,
    Name,
    Seconds,
)

# OpenID Connect Core 1.0 section 2: a subject has at most 255 ASCII characters.
SUBJECT_CHARS = 255


class Site(Base):
    """A health post, a hospital service, a One Stop Center; known by its name."""

    __tablename__ = "site"

    id: Mapped[Id]
    name: Mapped[Name] = mapped_column(unique=True)
    created_at: Mapped[Seconds]
    # Whether a case may carry a patient's name; else only a number or an alias of the post's own.
    names_allowed: Mapped[bool] = mapped_column(default=False, server_default=false())
    # A One Stop Center: whoever comes here is a survivor, and every case opened here is kept as one.
    survivor_safe: Mapped[bool] = mapped_column(default=False, server_default=false())


class Account(Base):
    """One person. ``login`` is folded (signaling/text.py); ``password_hash`` is an argon2id string (RFC 9106).

    A password that an administrator gave out must be changed at once, and works until ``password_expires_at``.
    ``totp_secret`` is sealed (server/people/signin/vault.py) and counts once ``totp_confirmed_at`` is set;
    ``totp_last_step`` is the 30-second step of the last code that was taken: no code works twice (RFC 6238).
    ``totp_pending`` is the sealed secret of a telephone whose first code has not been seen yet.
    """

    __tablename__ = "account"

    id: Mapped[Id]
    login: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[Name]
    role: Mapped[str] = mapped_column(String(20))
    gender: Mapped[str | None] = mapped_column(String(10))
    site_id: Mapped[str | None] = mapped_column(ForeignKey("site.id"))
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default=false())
    password_expires_at: Mapped[float | None] = mapped_column(Double)
    totp_secret: Mapped[str | None] = mapped_column(String(200))
    totp_confirmed_at: Mapped[float | None] = mapped_column(Double)
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)
    totp_pending: Mapped[str | None] = mapped_column(String(200))
    disabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Seconds]


class AccountLanguage(Base):
    """One language that a clinician or a mediator speaks (server.people.profile.Spoken)."""

    __tablename__ = "account_language"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(10), primary_key=True, index=True)


class AccountSpecialty(Base):
    """One specialty that a clinician answers for (server.people.profile.Specialty)."""

    __tablename__ = "account_specialty"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    specialty: Mapped[str] = mapped_column(String(40), primary_key=True, index=True)


class Passkey(Base):
    """One passkey (WebAuthn) of one person: ``public_key`` is a COSE key (RFC 9052), the private one is elsewhere.

    ``sign_count`` is what the authenticator counted at the last use; ``transports`` say where browsers find it.
    """

    __tablename__ = "passkey"

    id: Mapped[Id]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[Seconds]
    last_used_at: Mapped[float | None] = mapped_column(Double)


class RecoveryCode(Base):
    """One recovery code that has not been used: a keyed hash (server/people/factors/recoverycodes.py)."""

    __tablename__ = "recovery_code"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    code_hmac: Mapped[str] = mapped_column(String(SHA256_HEX_CHARS), primary_key=True)
    created_at: Mapped[Seconds]


class OidcLink(Base):
    """One person at one OpenID Connect provider, and the account it opens.

    Known by issuer and subject, never by an e-mail address: those change hands.
    """

    __tablename__ = "oidc_link"

    issuer: Mapped[str] = mapped_column(String(SUBJECT_CHARS), primary_key=True)
    subject: Mapped[str] = mapped_column(String(SUBJECT_CHARS), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[Seconds]


class Station(Base):
    """One kiosk; its name is unique within its site.

    ``public_key`` is the ECDSA P-256 key that the kiosk made when it was enrolled (base64 of its
    SubjectPublicKeyInfo); without one, nobody is this station. Enrolling anew and revoking change it.
    ``pin_hmac``: a keyed hash of the PIN of older cases; None: whoever stands before the kiosk reads them.
    """

    __tablename__ = "station"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    id: Mapped[Id]
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"))
    name: Mapped[Name]
    created_at: Mapped[Seconds]
    public_key: Mapped[str | None] = mapped_column(String(200))
    enrolled_at: Mapped[float | None] = mapped_column(Double)
    pin_hmac: Mapped[str | None] = mapped_column(String(SHA256_HEX_CHARS))


class EnrolmentCode(Base):
    """A one-time code that turns a browser into a station.

    Kept as a slow hash (scrypt, RFC 7914), and only until it is used or replaced.
    """

    __tablename__ = "enrolment_code"

    code_scrypt: Mapped[str] = mapped_column(String(SHA256_HEX_CHARS), primary_key=True)
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    created_at: Mapped[Seconds]
    expires_at: Mapped[Seconds]


class HttpSession(Base):
    """One session. Only the SHA-256 of the cookie's token is kept: a stolen database signs nobody in.

    ``id`` names it in lists. ``device`` is a few words such as "Firefox, Android". A person's session is whole
    once ``second_factor_at`` is set; ``proven_at`` is when they last typed a password or came from a provider.
    ``unlocked_until``: the PIN of the station was typed, and older cases are open until then.
    """

    __tablename__ = "http_session"
    __table_args__ = (CheckConstraint("(account_id IS NULL) <> (station_id IS NULL)", name="one_owner"),)

    token_sha256: Mapped[str] = mapped_column(String(SHA256_HEX_CHARS), primary_key=True)
    id: Mapped[str] = mapped_column(String(ID_CHARS), unique=True)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), index=True)
    station_id: Mapped[str | None] = mapped_column(ForeignKey("station.id"), index=True)
    created_at: Mapped[Seconds]
    last_seen_at: Mapped[Seconds]
    expires_at: Mapped[float] = mapped_column(Double, index=True)
    device: Mapped[str] = mapped_column(String(100), default="", server_default="")
    proven_at: Mapped[float] = mapped_column(Double, default=0.0, server_default="0")
    second_factor_at: Mapped[float | None] = mapped_column(Double)
    unlocked_until: Mapped[float | None] = mapped_column(Double)
