"""answers before notices, and indexes in the order in which rows are claimed"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.drop_index("ix_outbox_open", "outbox")
    with op.batch_alter_table("outbox") as table:
        table.add_column(sa.Column("rank", sa.SmallInteger(), nullable=False, server_default="1"))
    op.execute("UPDATE outbox SET rank = 0 WHERE kind <> 'notice' OR urgent")
    with op.batch_alter_table("outbox") as table:
        table.alter_column("rank", server_default=None)
    op.create_index("ix_outbox_open", "outbox", ["state", "rank", "available_at", "id"])
    op.drop_index("ix_inbox_open", "inbox")
    op.create_index("ix_inbox_open", "inbox", ["state", "available_at", "id"])
