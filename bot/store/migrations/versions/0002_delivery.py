"""how messages reach people: the way, each attempt, channels that wait, tokens that are kept"""

import sqlalchemy as sa
from alembic import op

import bot.store.models

revision = "0002"
down_revision = "0001"

_TIME = bot.store.models.UtcDateTime(timezone=True)
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "kept",
        sa.Column("name", sa.String(length=60), primary_key=True),
        sa.Column("body", sa.JSON(), nullable=True),
        sa.Column("holder", sa.String(length=32), nullable=True),
        sa.Column("leased_until", _TIME, nullable=True),
    )
    op.create_table(
        "channel_states",
        sa.Column("channel", sa.String(length=20), primary_key=True),
        sa.Column("until", _TIME, nullable=True),
        sa.Column("down", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("since", _TIME, nullable=True),
    )
    op.create_table(
        "attempts",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("outbox_id", sa.BigInteger(), sa.ForeignKey("outbox.id"), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("way", sa.String(length=10), nullable=True),
        sa.Column("outcome", sa.String(length=15), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("by", sa.String(length=60), nullable=True),
    )
    op.create_index("ix_attempts_outbox_id", "attempts", ["outbox_id"])
    with op.batch_alter_table("outbox") as table:
        table.add_column(sa.Column("channel", sa.String(length=20), nullable=False, server_default=""))
        table.add_column(sa.Column("way", sa.String(length=10), nullable=True))
        table.add_column(sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("read_at", _TIME, nullable=True))
    op.execute(
        "UPDATE outbox SET channel = (SELECT c.channel FROM conversations c WHERE c.id = outbox.conversation_id)"
    )
    with op.batch_alter_table("outbox") as table:
        table.alter_column("channel", server_default=None)
        table.alter_column("urgent", server_default=None)
    op.create_index("ix_outbox_platform", "outbox", ["channel", "platform_message_id"])
