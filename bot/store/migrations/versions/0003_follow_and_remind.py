"""cases that are followed from another conversation; when the clock looks at a case next"""

import sqlalchemy as sa
from alembic import op

import bot.store.models

revision = "0003"
down_revision = "0002"

_TIME = bot.store.models.UtcDateTime(timezone=True)
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "followers",
        sa.Column("case_id", _ID, sa.ForeignKey("cases.id"), primary_key=True, autoincrement=False),
        sa.Column("conversation_id", sa.String(length=32), sa.ForeignKey("conversations.id"), primary_key=True),
        sa.Column("since", _TIME, nullable=False),
    )
    op.create_index("ix_followers_conversation_id", "followers", ["conversation_id"])
    op.create_table(
        "follow_tries",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("case_id", _ID, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), sa.ForeignKey("conversations.id"), nullable=True),
        sa.Column("at", _TIME, nullable=False),
    )
    op.create_index("ix_follow_tries_case_id", "follow_tries", ["case_id"])
    op.create_index("ix_follow_tries_conversation_id", "follow_tries", ["conversation_id"])
    op.add_column("cases", sa.Column("look_at", _TIME, nullable=True))
    op.create_index("ix_cases_look_at", "cases", ["look_at"])
