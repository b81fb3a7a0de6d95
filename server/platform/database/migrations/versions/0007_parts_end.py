"""On which agreement somebody's part in a case rests, and when it ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# The newest answer to each question decides; a withdrawal stands in its row.
_NEWEST = (
    "consent.audit_sequence = (SELECT MAX(other.audit_sequence) FROM consent AS other"
    " WHERE other.consultation_id = consent.consultation_id AND other.scope = consent.scope"
    " AND other.recipient = consent.recipient)"
)


def upgrade() -> None:
    with op.batch_alter_table("case_participant") as table:
        table.add_column(sa.Column("recipient", sa.String(40), server_default="", nullable=False))
        table.add_column(sa.Column("ended_at", sa.Double(), nullable=True))
    # Whoever came in after a survivor-safe case was handed over rests on the agreement to that recipient.
    op.execute(
        "UPDATE case_participant SET recipient = COALESCE((SELECT case_route.specialty FROM case_route"
        " WHERE case_route.case_id = case_participant.case_id AND case_route.why = 'transfer'"
        " AND case_route.at <= case_participant.since ORDER BY case_route.id DESC LIMIT 1), '')"
        " WHERE role = 'clinician' AND case_id IN (SELECT id FROM case_file WHERE kind = 'survivor_safe')"
    )
    # What was taken back before ends here.
    _end("consent.consultation_id = case_participant.case_id AND consent.scope = 'teleconsultation'")
    _end(
        "consent.consultation_id = case_participant.case_id AND consent.scope = 'referral'"
        " AND consent.recipient = case_participant.recipient"
    )
    _end(
        "consent.consultation_id = case_participant.case_id AND consent.scope = 'referral'"
        " AND consent.recipient = 'mediator' AND case_participant.role = 'mediator'"
    )
    _end(
        "consent.scope = 'referral' AND EXISTS (SELECT 1 FROM referral"
        " WHERE referral.new_case_id = case_participant.case_id"
        " AND referral.case_id = consent.consultation_id AND referral.recipient = consent.recipient)"
    )


def _end(which: str) -> None:
    over = f"FROM consent WHERE {which} AND {_NEWEST} AND (withdrawn_at IS NOT NULL OR NOT given)"
    when = f"SELECT MAX(COALESCE(withdrawn_at, recorded_at)) {over}"
    op.execute(f"UPDATE case_participant SET ended_at = ({when}) WHERE ended_at IS NULL")  # noqa: S608


def downgrade() -> None:
    with op.batch_alter_table("case_participant") as table:
        table.drop_column("ended_at")
        table.drop_column("recipient")
