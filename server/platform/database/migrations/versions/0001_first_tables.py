"""First tables: sites, stations, accounts, sessions, enrolment codes, consultations and their history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("name", name=op.f("uq_site_name")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("site_id", sa.String(length=64), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_account_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
    )
    op.create_table(
        "station",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("site_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_station_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station")),
        sa.UniqueConstraint("site_id", "name", name=op.f("uq_station_site_id")),
    )
    op.create_table(
        "consultation",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("station_id", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=200), nullable=False),
        sa.Column("station_name", sa.String(length=200), nullable=False),
        sa.Column("urgency", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("clinician_id", sa.String(length=64), nullable=True),
        sa.Column("clinician_name", sa.String(length=200), nullable=True),
        sa.Column("requested_at", sa.Double(), nullable=False),
        sa.Column("accepted_at", sa.Double(), nullable=True),
        sa.Column("closed_at", sa.Double(), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["account.id"], name=op.f("fk_consultation_clinician_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_consultation_station_id_station")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation")),
    )
    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consultation_clinician_id"), ["clinician_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_consultation_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_consultation_station_id"), ["station_id"], unique=False)

    op.create_table(
        "enrolment_code",
        sa.Column("code_scrypt", sa.String(length=64), nullable=False),
        sa.Column("station_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_enrolment_code_station_id_station")
        ),
        sa.PrimaryKeyConstraint("code_scrypt", name=op.f("pk_enrolment_code")),
    )
    with op.batch_alter_table("enrolment_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enrolment_code_station_id"), ["station_id"], unique=False)

    op.create_table(
        "http_session",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=True),
        sa.Column("station_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("last_seen_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "(account_id IS NULL) <> (station_id IS NULL)", name=op.f("ck_http_session_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_http_session_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_http_session_station_id_station")
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_http_session")),
    )
    with op.batch_alter_table("http_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_http_session_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_http_session_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_http_session_station_id"), ["station_id"], unique=False)

    op.create_table(
        "consultation_event",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("consultation_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("clinician_id", sa.String(length=64), nullable=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["account.id"], name=op.f("fk_consultation_event_clinician_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultation.id"],
            name=op.f("fk_consultation_event_consultation_id_consultation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation_event")),
    )
    with op.batch_alter_table("consultation_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consultation_event_consultation_id"), ["consultation_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("consultation_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consultation_event_consultation_id"))

    op.drop_table("consultation_event")
    with op.batch_alter_table("http_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_http_session_station_id"))
        batch_op.drop_index(batch_op.f("ix_http_session_expires_at"))
        batch_op.drop_index(batch_op.f("ix_http_session_account_id"))

    op.drop_table("http_session")
    with op.batch_alter_table("enrolment_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enrolment_code_station_id"))

    op.drop_table("enrolment_code")
    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consultation_station_id"))
        batch_op.drop_index(batch_op.f("ix_consultation_state"))
        batch_op.drop_index(batch_op.f("ix_consultation_clinician_id"))

    op.drop_table("consultation")
    op.drop_table("station")
    op.drop_table("account")
    op.drop_table("site")
