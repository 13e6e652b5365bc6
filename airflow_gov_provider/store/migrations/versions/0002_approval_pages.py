"""What the page of each request for approval shows."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approval_page",
        sa.Column("request_id", sa.String(36), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("is_current", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="pk_approval_page"),
    )
    op.create_index("ix_approval_page_is_current", "approval_page", ["is_current"])
