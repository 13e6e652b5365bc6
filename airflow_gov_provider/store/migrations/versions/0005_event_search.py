"""The search index over events; the collector fills it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_block",
        sa.Column("kind", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("slot", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("segment", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("kind", "slot", "segment", name="pk_search_block"),
    )
    state = op.create_table(
        "search_state",
        sa.Column("level", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("complete", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("level", name="pk_search_state"),
    )
    op.create_table(
        "search_dag",
        sa.Column("dag_id", sa.String(250), nullable=False),
        sa.PrimaryKeyConstraint("dag_id", name="pk_search_dag"),
    )
    op.bulk_insert(state, [{"level": level, "complete": 0} for level in range(5)])
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        # Blocks do not compress, and trying costs more than reading them.
        connection.exec_driver_sql(
            "ALTER TABLE search_block ALTER COLUMN data SET STORAGE EXTERNAL"
        )
