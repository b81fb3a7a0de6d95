"""The table of requests that carried a key of their own.

Owns: the row. Must never hold the key or the answer in the clear: an answer may be a one-time password. Nor an
answer about a patient: rows go into backups, and neither an erasure nor a withdrawal finds them.
"""

from __future__ import annotations

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from server.platform.database.base import SHA256_HEX_CHARS, Base, Seconds


class AnsweredRequest(Base):
    """One request. ``id`` is a hash of who asked and the key; ``fingerprint`` of what was asked, under the key.

    ``written``: its transaction is on disk. ``status`` and ``answer``, sealed with the key: how it was answered;
    without ``answer`` it is not kept.
    """

    __tablename__ = "answered_request"

    id: Mapped[str] = mapped_column(String(SHA256_HEX_CHARS), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(SHA256_HEX_CHARS))
    began_at: Mapped[Seconds] = mapped_column(index=True)
    written: Mapped[bool] = mapped_column(default=False)
    status: Mapped[int | None]
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
