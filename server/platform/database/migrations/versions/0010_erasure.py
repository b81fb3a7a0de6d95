"""How long cases are kept, which are held, and when one was erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retention_rule",
        sa.Column("site_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "kind", name=op.f("pk_retention_rule")),
    )
    op.create_table(
        "case_hold",
        sa.Column("case_id", sa.String(64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_hold_case_id_case_file")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_hold")),
    )
    op.add_column("case_file", sa.Column("erased_at", sa.Double(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("case_file") as table:
        table.drop_column("erased_at")
    op.drop_table("case_hold")
    op.drop_table("retention_rule")
