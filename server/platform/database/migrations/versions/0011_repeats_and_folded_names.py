"""Requests that carry a key; logins in the form in which they are compared, and when references are hashed so.

References are sealed: the server hashes them anew when it starts (server/platform/sealing/hashesanew.py).
"""

from __future__ import annotations

from itertools import count

import sqlalchemy as sa
import structlog
from alembic import op

from signaling.text import folded

log = structlog.get_logger(__name__)
LOGIN_CHARS = 100

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answered_request",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("began_at", sa.Double(), nullable=False),
        sa.Column("written", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answered_request")),
    )
    op.create_index(op.f("ix_answered_request_began_at"), "answered_request", ["began_at"])
    op.add_column("sealing_state", sa.Column("folded_at", sa.Double(), nullable=True))
    _fold_logins()


def _fold_logins() -> None:
    """Compare the accounts that are there already in the same way."""
    connection = op.get_bind()
    account = sa.table("account", sa.column("id"), sa.column("login"))
    people = connection.execute(sa.select(account.c.id, account.c.login)).all()
    # Who has such a login already keeps it.
    taken = {person.login for person in people if person.login == folded(person.login)}
    for person in sorted(people, key=lambda person: person.id):
        login = folded(person.login)
        if login == person.login:
            continue
        if login in taken:
            # Two that differed by an apostrophe would open each other's door: one gets a number.
            numbered = (f"{login[: LOGIN_CHARS - 5]}-{number}" for number in count(2))
            login = next(one for one in numbered if one not in taken)
            log.warning("login_was_taken", account_id=person.id, see="keneya account list")
        taken.add(login)
        connection.execute(sa.update(account).where(account.c.id == person.id).values(login=login))


def downgrade() -> None:
    with op.batch_alter_table("sealing_state") as table:
        table.drop_column("folded_at")
    op.drop_index(op.f("ix_answered_request_began_at"), "answered_request")
    op.drop_table("answered_request")
