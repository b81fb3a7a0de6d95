"""The PIN that a station may have for its older cases, and until when it was typed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("station", sa.Column("pin_hmac", sa.String(length=64), nullable=True))
    op.add_column("http_session", sa.Column("unlocked_until", sa.Double(), nullable=True))


def downgrade() -> None:
    op.drop_column("http_session", "unlocked_until")
    op.drop_column("station", "pin_hmac")
