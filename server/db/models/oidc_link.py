"""Which account somebody opens who signs in at another place (OpenID Connect)."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Seconds

# OpenID Connect Core 1.0 section 2: a subject has at most 255 ASCII characters.
SUBJECT_CHARS = 255


class OidcLink(Base):
    """One person at one provider. Known by issuer and subject, never by an e-mail address: those change hands."""

    __tablename__ = "oidc_link"

    issuer: Mapped[str] = mapped_column(String(SUBJECT_CHARS), primary_key=True)
    subject: Mapped[str] = mapped_column(String(SUBJECT_CHARS), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[Seconds]
