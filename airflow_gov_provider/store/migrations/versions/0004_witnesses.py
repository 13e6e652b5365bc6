"""Witnesses beside the first one, and how far Airflow's own tables have been read."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_UNHEARD = sa.text("witness IN ('log', 'task_instance', 'dag_run')")
_TRIGGERS = Path(__file__).parent.parent


def upgrade() -> None:
    op.create_table(
        "event_witness",
        sa.Column("witness", sa.String(50), nullable=False),
        sa.Column("reference", sa.String(300), nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("occurred_at", _TIME, nullable=False),
        sa.Column("recorded_at", _TIME, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("batch", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("witness", "reference", name="pk_event_witness"),
    )
    op.create_index("ix_event_witness_event_id", "event_witness", ["event_id"])
    op.create_index("ix_event_witness_batch", "event_witness", ["batch"])
    op.create_index(
        "ix_event_unheard",
        "event",
        ["dag_id", "run_id"],
        sqlite_where=_UNHEARD,
        postgresql_where=_UNHEARD,
    )
    op.create_table(
        "request_queue",
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="pk_request_queue"),
    )
    op.create_index("ix_request_queue_received_at", "request_queue", ["received_at"])
    op.create_table(
        "tail_position",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("position", sa.Text, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_tail_position"),
    )
    op.create_table(
        "coverage_finding",
        sa.Column("finding_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(50), nullable=False),
        sa.Column("subject", sa.String(250), nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("closed_at", _TIME),
        sa.PrimaryKeyConstraint("finding_id", name="pk_coverage_finding"),
    )
    op.create_index("ix_coverage_finding_closed_at", "coverage_finding", ["closed_at"])
    connection = op.get_bind()
    script = _TRIGGERS / f"0004_triggers_{connection.dialect.name}.sql"
    for statement in script.read_text(encoding="utf-8").split("\n\n"):
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
