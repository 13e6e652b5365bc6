"""The ledger: what waits to be sealed, the tree, its checkpoints, and triggers that guard them.

Every event that is there already is queued. Evidence and votes that are there already get the event
that new ones bring along, so that they are sealed as well.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from airflow_gov_provider.store.ledger.sealed_records import adopt_existing_records

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TRIGGERS = Path(__file__).parent.parent


def upgrade() -> None:
    op.create_table(
        "ledger_queue",
        sa.Column("seq", _SEQUENCE, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_ledger_queue"),
    )
    op.create_table(
        "leaf",
        sa.Column("leaf_index", _SEQUENCE, autoincrement=False, nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("leaf_index", name="pk_leaf"),
        sa.UniqueConstraint("event_id", name="uq_leaf_event_id"),
    )
    op.create_table(
        "ledger_node",
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("node_index", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("level", "node_index", name="pk_ledger_node"),
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", _SEQUENCE, autoincrement=False, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("compact_range", sa.LargeBinary, nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_checkpoint"),
    )
    op.create_index("ix_checkpoint_sealed_at", "checkpoint", ["sealed_at"])
    connection = op.get_bind()
    connection.exec_driver_sql("INSERT INTO ledger_queue (seq) SELECT seq FROM event")
    script = _TRIGGERS / f"0003_triggers_{connection.dialect.name}.sql"
    for statement in script.read_text(encoding="utf-8").split("\n\n"):
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    adopt_existing_records(connection)
