"""A site: a health post, a hospital service, a One Stop Center."""

from __future__ import annotations

from sqlalchemy import false
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Id, Name, Seconds


class Site(Base):
    """One site, known by its name."""

    __tablename__ = "site"

    id: Mapped[Id]
    name: Mapped[Name] = mapped_column(unique=True)
    created_at: Mapped[Seconds]
    # Whether a case may carry a patient's name; else only a number or an alias of the post's own.
    names_allowed: Mapped[bool] = mapped_column(default=False, server_default=false())
    # A One Stop Center: whoever comes here is a survivor, and every case opened here is kept as one.
    survivor_safe: Mapped[bool] = mapped_column(default=False, server_default=false())
