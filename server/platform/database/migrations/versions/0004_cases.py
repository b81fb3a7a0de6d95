"""Cases: intake, vital signs, photos, routing, notes, referrals, outcomes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = 64
CODE = 40


def upgrade() -> None:
    op.add_column("site", sa.Column("names_allowed", sa.Boolean(), server_default=sa.false(), nullable=False))
    _case_file()
    _of_a_case()
    _referral()
    _roster()
    # Every existing consultation gets a case, because new rows refer to a case.
    op.execute(
        "INSERT INTO case_file (id, station_id, kind, opened_at, patient_ref, age_band, sex, reason_code,"
        " reason_text, red_flags, urgency, language, gender_wish, mediator_wanted, specialty)"
        " SELECT id, station_id, 'ordinary', requested_at, '', '', '', '', reason, '', urgency, '', '', false, ''"
        " FROM consultation"
    )
    op.execute(
        "INSERT INTO case_participant (case_id, account_id, role, since)"
        " SELECT id, clinician_id, 'clinician', COALESCE(accepted_at, requested_at) FROM consultation"
        " WHERE clinician_id IS NOT NULL"
    )


def _case_file() -> None:
    op.create_table(
        "case_file",
        sa.Column("id", sa.String(ID), nullable=False),
        sa.Column("station_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("patient_ref", sa.Text(), nullable=False),
        sa.Column("age_band", sa.String(CODE), nullable=False),
        sa.Column("sex", sa.String(10), nullable=False),
        sa.Column("reason_code", sa.String(CODE), nullable=False),
        sa.Column("reason_text", sa.Text(), nullable=False),
        sa.Column("red_flags", sa.String(500), nullable=False),
        sa.Column("urgency", sa.String(20), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("gender_wish", sa.String(10), nullable=False),
        sa.Column("mediator_wanted", sa.Boolean(), nullable=False),
        sa.Column("specialty", sa.String(CODE), nullable=False),
        sa.Column("wanted_clinician_id", sa.String(), nullable=True),
        sa.Column("previous_id", sa.String(), nullable=True),
        *_to("case_file", station_id="station", wanted_clinician_id="account", previous_id="case_file"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_file")),
    )
    op.create_index("ix_case_file_station_id_opened_at", "case_file", ["station_id", "opened_at"])
    op.create_index(op.f("ix_case_file_previous_id"), "case_file", ["previous_id"])


def _of_a_case() -> None:
    op.create_table(
        "case_participant",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        *_to("case_participant", case_id="case_file", account_id="account"),
        sa.PrimaryKeyConstraint("case_id", "account_id", name=op.f("pk_case_participant")),
    )
    op.create_index(op.f("ix_case_participant_account_id"), "case_participant", ["account_id"])
    _numbered(
        "case_route",
        sa.Column("why", sa.String(20), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("specialty", sa.String(CODE), nullable=False),
        sa.Column("clinician_id", sa.String(), nullable=True),
        sa.Column("at", sa.Double(), nullable=False),
        clinician_id="account",
    )
    _numbered(
        "vital_sign",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("unit", sa.String(20), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("measured_at", sa.Double(), nullable=False),
    )
    _numbered(
        "case_note",
        sa.Column("clinician_id", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("written_at", sa.Double(), nullable=False),
        clinician_id="account",
    )
    _numbered(
        "case_outcome",
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.Double(), nullable=False),
    )
    op.create_table(
        "case_photo",
        sa.Column("id", sa.String(ID), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("announced_at", sa.Double(), nullable=False),
        sa.Column("stored_at", sa.Double(), nullable=True),
        *_to("case_photo", case_id="case_file"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_photo")),
    )
    op.create_index(op.f("ix_case_photo_case_id"), "case_photo", ["case_id"])


def _referral() -> None:
    op.create_table(
        "referral",
        sa.Column("id", sa.String(ID), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(CODE), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("written_at", sa.Double(), nullable=False),
        sa.Column("new_case_id", sa.String(), nullable=True),
        *_to("referral", case_id="case_file", written_by="account", new_case_id="case_file"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
    )
    op.create_index(op.f("ix_referral_case_id"), "referral", ["case_id"])


def _roster() -> None:
    op.create_table(
        "roster_slot",
        sa.Column("id", sa.String(ID), nullable=False),
        sa.Column("clinician_id", sa.String(), nullable=False),
        sa.Column("specialty", sa.String(CODE), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_roster_slot_weekday")),
        sa.CheckConstraint("start_minute BETWEEN 0 AND 1439", name=op.f("ck_roster_slot_start")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("ck_roster_slot_length")),
        *_to("roster_slot", clinician_id="account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_slot")),
    )
    op.create_index(op.f("ix_roster_slot_clinician_id"), "roster_slot", ["clinician_id"])
    op.create_table(
        "roster_exception",
        sa.Column("id", sa.String(ID), nullable=False),
        sa.Column("clinician_id", sa.String(), nullable=False),
        sa.Column("on_duty", sa.Boolean(), nullable=False),
        sa.Column("starts_at", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        *_to("roster_exception", clinician_id="account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_exception")),
    )
    op.create_index(op.f("ix_roster_exception_clinician_id"), "roster_exception", ["clinician_id"])


def _numbered(table: str, *columns: sa.Column[object], **references: str) -> None:
    """A table of numbered rows that belong to a case."""
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("case_id", sa.String(), nullable=False),
        *columns,
        *_to(table, case_id="case_file", **references),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_case_id"), table, ["case_id"])


def _to(table: str, **references: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
        for column, other in references.items()
    ]


def downgrade() -> None:
    for table in (
        "roster_exception",
        "roster_slot",
        "referral",
        "case_photo",
        "case_outcome",
        "case_note",
        "vital_sign",
        "case_route",
        "case_participant",
        "case_file",
    ):
        op.drop_table(table)
    with op.batch_alter_table("site") as site:
        site.drop_column("names_allowed")
