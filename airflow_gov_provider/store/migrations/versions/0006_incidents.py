"""Commitments with their outcomes; incidents, what happens to them and what is sent about them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_UNRESOLVED = sa.text("state <> 'resolved'")
_PENDING = sa.text("state = 'pending'")
_UNROUTED = sa.text("routed_at IS NULL")


def upgrade() -> None:
    _commitments()
    _outcomes()
    _incidents()
    _entries()
    _notices()


def _commitments() -> None:
    op.create_table(
        "commitment",
        sa.Column("commitment_id", sa.String(64), nullable=False),
        sa.Column("dag_id", sa.String(250)),
        sa.Column("name", sa.String(250), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("owner", sa.String(250)),
        sa.Column("severity", sa.String(20), nullable=False),
        sa.Column("target", sa.Float, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("declared_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("retired_at", _TIME),
        sa.PrimaryKeyConstraint("commitment_id", name="pk_commitment"),
    )
    op.create_index("ix_commitment_dag_id", "commitment", ["dag_id"])


def _outcomes() -> None:
    op.create_table(
        "sla_outcome",
        sa.Column("outcome_id", sa.String(36), nullable=False),
        sa.Column("commitment_id", sa.String(64), nullable=False),
        sa.Column("occasion", sa.String(250), nullable=False),
        sa.Column("dag_id", sa.String(250)),
        sa.Column("run_id", sa.String(250)),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("owner", sa.String(250)),
        sa.Column("expected_at", _TIME),
        sa.Column("actual_at", _TIME),
        sa.Column("judged_by", sa.String(20)),
        sa.Column("judged_at", _TIME),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("terms", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("outcome_id", name="pk_sla_outcome"),
    )
    name = "sla_outcome"
    columns = ["commitment_id", "occasion"]
    op.create_index("uq_sla_outcome_occasion", name, columns, unique=True)
    for columns in (["commitment_id", "expected_at"], ["dag_id", "run_id"], ["expected_at"]):
        op.create_index(f"ix_{name}_{'_'.join(columns)}", name, columns)
    op.create_index(
        "ix_sla_outcome_pending",
        name,
        ["expected_at"],
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )


def _incidents() -> None:
    op.create_table(
        "incident",
        sa.Column("incident_id", sa.String(36), nullable=False),
        sa.Column("dedup_key", sa.String(500), nullable=False),
        sa.Column("kind", sa.String(50), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("severity", sa.String(20), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("dag_id", sa.String(250)),
        sa.Column("run_id", sa.String(250)),
        sa.Column("task_id", sa.String(250)),
        sa.Column("owner", sa.String(250)),
        sa.Column("assignee", sa.String(250)),
        sa.Column("occurrences", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("last_seen_at", _TIME, nullable=False),
        sa.Column("acknowledged_at", _TIME),
        sa.Column("acknowledged_by", sa.String(250)),
        sa.Column("resolved_at", _TIME),
        sa.Column("resolved_by", sa.String(250)),
        sa.Column("resolution", sa.String(50)),
        sa.Column("comment", sa.Text),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("affected", sa.Text, nullable=False),
        sa.Column("reportable", sa.Text),
        sa.Column("auto_resolve", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name="pk_incident"),
    )
    op.create_index(
        "uq_incident_unresolved",
        "incident",
        ["dedup_key"],
        unique=True,
        sqlite_where=_UNRESOLVED,
        postgresql_where=_UNRESOLVED,
    )
    op.create_index("ix_incident_dedup_key", "incident", ["dedup_key"])
    op.create_index("ix_incident_state_incident_id", "incident", ["state", "incident_id"])
    op.create_index("ix_incident_dag_id_incident_id", "incident", ["dag_id", "incident_id"])


def _entries() -> None:
    op.create_table(
        "incident_entry",
        sa.Column("entry_id", _SEQUENCE, nullable=False, autoincrement=True),
        sa.Column("incident_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("actor", sa.String(250)),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("routed_at", _TIME),
        sa.PrimaryKeyConstraint("entry_id", name="pk_incident_entry"),
    )
    op.create_index(
        "ix_incident_entry_unrouted",
        "incident_entry",
        ["entry_id"],
        sqlite_where=_UNROUTED,
        postgresql_where=_UNROUTED,
    )
    op.create_index("ix_incident_entry_incident_id", "incident_entry", ["incident_id"])
    op.create_index("ix_incident_entry_event_id", "incident_entry", ["event_id"])


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("notice_id", sa.String(36), nullable=False),
        sa.Column("incident_id", sa.String(36), nullable=False),
        sa.Column("entry_id", _SEQUENCE, nullable=False),
        sa.Column("channel", sa.String(250), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("claimed_by", sa.String(250)),
        sa.Column("claimed_until", _TIME),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("finished_at", _TIME),
        sa.Column("last_error", sa.Text),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("notice_id", name="pk_notice"),
    )
    op.create_index("ix_notice_incident_id", "notice", ["incident_id"])
    columns = ["entry_id", "channel"]
    op.create_index("uq_notice_entry_channel", "notice", columns, unique=True)
    op.create_index("ix_notice_state_due_at", "notice", ["state", "due_at"])
