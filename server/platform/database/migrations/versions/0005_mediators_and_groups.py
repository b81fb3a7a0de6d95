"""Mediators, their reports, group sessions, and sites whose cases are survivor-safe."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = 64


def upgrade() -> None:
    op.add_column("site", sa.Column("survivor_safe", sa.Boolean(), server_default=sa.false(), nullable=False))
    _mediation()
    _groups()


def _mediation() -> None:
    op.create_table(
        "mediation",
        sa.Column("id", sa.String(ID), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("mediator_id", sa.String(), nullable=False),
        sa.Column("invited_by", sa.String(ID), nullable=False),
        sa.Column("invited_at", sa.Double(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("pledge_text_id", sa.String(ID), nullable=True),
        sa.Column("pledge_language", sa.String(20), nullable=True),
        sa.Column("joined_at", sa.Double(), nullable=True),
        sa.Column("left_at", sa.Double(), nullable=True),
        *_to("mediation", case_id="case_file.id", mediator_id="account.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mediation")),
    )
    op.create_index(op.f("ix_mediation_case_id"), "mediation", ["case_id"])
    op.create_index(op.f("ix_mediation_mediator_id"), "mediation", ["mediator_id"])
    op.create_table(
        "mediation_report",
        sa.Column("mediation_id", sa.String(), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("reported_at", sa.Double(), nullable=False),
        *_to("mediation_report", mediation_id="mediation.id"),
        sa.PrimaryKeyConstraint("mediation_id", name=op.f("pk_mediation_report")),
    )
    op.create_table(
        "mediation_blockage",
        sa.Column("mediation_id", sa.String(), nullable=False),
        sa.Column("blockage", sa.String(20), nullable=False),
        *_to("mediation_blockage", mediation_id="mediation_report.mediation_id"),
        sa.PrimaryKeyConstraint("mediation_id", "blockage", name=op.f("pk_mediation_blockage")),
    )
    op.create_index(op.f("ix_mediation_blockage_blockage"), "mediation_blockage", ["blockage"])


def _groups() -> None:
    op.create_table(
        "group_session",
        sa.Column("id", sa.String(ID), nullable=False),
        sa.Column("host_id", sa.String(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("closed_at", sa.Double(), nullable=True),
        *_to("group_session", host_id="account.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_session")),
    )
    op.create_index(op.f("ix_group_session_host_id"), "group_session", ["host_id"])
    op.create_table(
        "group_seat",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("admitted_at", sa.Double(), nullable=True),
        sa.Column("left_at", sa.Double(), nullable=True),
        *_to("group_seat", case_id="case_file.id", session_id="group_session.id"),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_group_seat")),
    )
    op.create_index(op.f("ix_group_seat_session_id"), "group_seat", ["session_id"])


def _to(table: str, **references: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [other], name=op.f(f"fk_{table}_{column}_{other.split('.')[0]}"))
        for column, other in references.items()
    ]


def downgrade() -> None:
    for table in ("group_seat", "group_session", "mediation_blockage", "mediation_report", "mediation"):
        op.drop_table(table)
    with op.batch_alter_table("site") as site:
        site.drop_column("survivor_safe")
