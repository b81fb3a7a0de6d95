"""Identity: second factors, session details, station keys, what an account may do."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

session = sa.table("http_session", sa.column("token_sha256", sa.String), sa.column("id", sa.String))


def upgrade() -> None:
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("gender", sa.String(length=10), nullable=True))
        batch_op.add_column(
            sa.Column("must_change_password", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("password_expires_at", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("totp_secret", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("totp_confirmed_at", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("totp_last_step", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("station", schema=None) as batch_op:
        batch_op.add_column(sa.Column("public_key", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("enrolled_at", sa.Double(), nullable=True))
    _extend_sessions()
    for table, column, length in (("specialty", "specialty", 40), ("language", "language", 10)):
        name = f"account_{table}"
        op.create_table(
            name,
            sa.Column("account_id", sa.String(length=64), nullable=False),
            sa.Column(column, sa.String(length=length), nullable=False),
            sa.ForeignKeyConstraint(
                ["account_id"], ["account.id"], name=op.f(f"fk_{name}_account_id_account")
            ),
            sa.PrimaryKeyConstraint("account_id", column, name=op.f(f"pk_{name}")),
        )
        op.create_index(op.f(f"ix_{name}_{column}"), name, [column], unique=False)
    op.create_table(
        "oidc_link",
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_oidc_link_account_id_account")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_oidc_link")),
    )
    op.create_index(op.f("ix_oidc_link_account_id"), "oidc_link", ["account_id"], unique=False)


def _extend_sessions() -> None:
    with op.batch_alter_table("http_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("id", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("device", sa.String(length=100), server_default="", nullable=False))
        batch_op.add_column(sa.Column("proven_at", sa.Double(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("second_factor_at", sa.Double(), nullable=True))
    connection = op.get_bind()
    for (token_sha256,) in connection.execute(sa.select(session.c.token_sha256)).all():
        connection.execute(
            session.update()
            .where(session.c.token_sha256 == token_sha256)
            .values(id=f"se_{secrets.token_hex(8)}")
        )
    with op.batch_alter_table("http_session", schema=None) as batch_op:
        batch_op.alter_column("id", existing_type=sa.String(length=64), nullable=False)
        batch_op.create_unique_constraint(batch_op.f("uq_http_session_id"), ["id"])


def downgrade() -> None:
    op.drop_table("oidc_link")
    op.drop_table("account_language")
    op.drop_table("account_specialty")
    with op.batch_alter_table("http_session", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_http_session_id"), type_="unique")
        for column in ("second_factor_at", "proven_at", "device", "id"):
            batch_op.drop_column(column)
    with op.batch_alter_table("station", schema=None) as batch_op:
        batch_op.drop_column("enrolled_at")
        batch_op.drop_column("public_key")
    with op.batch_alter_table("account", schema=None) as batch_op:
        for column in (
            "totp_last_step",
            "totp_confirmed_at",
            "totp_secret",
            "password_expires_at",
            "must_change_password",
            "gender",
        ):
            batch_op.drop_column(column)
