"""The data volume and the link of each call; indexes for reports over a period."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_leg",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("consultation_id", sa.String(64), nullable=False),
        sa.Column("participant_id", sa.String(64), nullable=False),
        sa.Column("began_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=False),
        sa.Column("down_bytes", sa.BigInteger(), nullable=False),
        sa.Column("up_bytes", sa.BigInteger(), nullable=False),
        sa.Column("rtt_median_ms", sa.Integer(), nullable=True),
        sa.Column("loss_ratio", sa.Double(), nullable=True),
        sa.Column("outages", sa.Integer(), nullable=False),
        sa.Column("rung_seconds", sa.String(200), nullable=False),
        sa.Column("price_per_gb", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_leg")),
    )
    op.create_index(op.f("ix_call_leg_consultation_id"), "call_leg", ["consultation_id"])
    op.create_index("ix_call_leg_participant_id_began_at", "call_leg", ["participant_id", "began_at"])
    op.create_index(op.f("ix_consultation_requested_at"), "consultation", ["requested_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_consultation_requested_at"), "consultation")
    op.drop_table("call_leg")
