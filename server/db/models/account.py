"""An account: a person who signs in with login and password."""

from __future__ import annotations

from sqlalchemy import BigInteger, Double, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Id, Name, Seconds


class Account(Base):
    """One person. ``login`` is case-folded; ``password_hash`` is an argon2id string (RFC 9106).

    A password that an administrator gave out must be changed at once, and works until ``password_expires_at``.
    ``totp_secret`` is sealed (server/auth/vault.py) and counts once ``totp_confirmed_at`` is set;
    ``totp_last_step`` is the 30-second step of the last code that was taken: no code works twice (RFC 6238).
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
    disabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Seconds]
