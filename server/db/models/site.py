"""A site: a health post, a hospital service, a One Stop Center."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Id, Name, Seconds


class Site(Base):
    """One site, known by its name."""

    __tablename__ = "site"

    id: Mapped[Id]
    name: Mapped[Name] = mapped_column(unique=True)
    created_at: Mapped[Seconds]
