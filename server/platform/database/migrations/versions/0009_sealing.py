"""Data keys, what the database is sealed to, and the keyed hash by which a patient's reference is found.

Texts that are in clear become sealed when the server starts (server/platform/sealing/plainrows.py): no migration
has the keys.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

HASH_INDEX = "ix_case_file_station_id_patient_ref_hash"


def upgrade() -> None:
    op.create_table(
        "data_key",
        sa.Column("owner_id", sa.String(64), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=True),
        sa.Column("master_id", sa.String(16), nullable=False),
        sa.Column("destroyed_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_data_key")),
    )
    op.create_index(op.f("ix_data_key_master_id"), "data_key", ["master_id"])
    op.create_table(
        "sealing_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("master_id", sa.String(16), nullable=False),
        sa.Column("sealed_hash_key", sa.Text(), nullable=False),
        sa.Column("swept_at", sa.Double(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_sealing_state_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealing_state")),
    )
    with op.batch_alter_table("case_file") as table:
        table.add_column(sa.Column("patient_ref_hash", sa.String(64), server_default="", nullable=False))
    op.create_index(HASH_INDEX, "case_file", ["station_id", "patient_ref_hash"])
    with op.batch_alter_table("consultation") as table:
        table.alter_column("reason", existing_type=sa.String(500), type_=sa.Text(), existing_nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("consultation") as table:
        table.alter_column("reason", existing_type=sa.Text(), type_=sa.String(500), existing_nullable=False)
    op.drop_index(HASH_INDEX, "case_file")
    with op.batch_alter_table("case_file") as table:
        table.drop_column("patient_ref_hash")
    op.drop_table("sealing_state")
    op.drop_index(op.f("ix_data_key_master_id"), "data_key")
    op.drop_table("data_key")
