"""What a restart must not change: who is on duty, the code of a group session, who was silenced in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "on_duty",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_on_duty_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_on_duty")),
    )
    op.add_column("group_session", sa.Column("code", sa.String(12), nullable=True))
    op.add_column(
        "group_seat", sa.Column("silenced", sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("group_seat", "silenced")
    op.drop_column("group_session", "code")
    op.drop_table("on_duty")
