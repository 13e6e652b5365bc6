"""Events, evidence, approvals and leases."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.String(250)
_TIME = sa.DateTime(timezone=True)
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _origin() -> list[sa.Column[object]]:
    return [
        sa.Column("dag_id", _ID, nullable=False),
        sa.Column("run_id", _ID, nullable=False),
        sa.Column("task_id", _ID, nullable=False),
        sa.Column("map_index", sa.Integer, nullable=False),
        sa.Column("try_number", sa.Integer, nullable=False),
    ]


def upgrade() -> None:
    _create_event()
    _create_evidence()
    _create_approvals()
    op.create_table(
        "lease",
        sa.Column("name", sa.String(500), nullable=False),
        sa.Column("holder", _ID, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )


def _create_event() -> None:
    op.create_table(
        "event",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("type", sa.String(100), nullable=False),
        sa.Column("state", sa.String(50)),
        sa.Column("dag_id", _ID),
        sa.Column("run_id", _ID),
        sa.Column("task_id", _ID),
        sa.Column("map_index", sa.Integer),
        sa.Column("try_number", sa.Integer),
        sa.Column("actor", _ID),
        sa.Column("witness", sa.String(50), nullable=False),
        sa.Column("occurred_at", _TIME, nullable=False),
        sa.Column("recorded_at", _TIME, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_event"),
        sa.UniqueConstraint("event_id", name="uq_event_event_id"),
    )
    op.create_index("ix_event_dag_id_run_id_seq", "event", ["dag_id", "run_id", "seq"])
    op.create_index("ix_event_dag_id_seq", "event", ["dag_id", "seq"])
    op.create_index("ix_event_occurred_at", "event", ["occurred_at"])


def _create_evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("evidence_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        *_origin(),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("model_name", _ID),
        sa.Column("model_version", sa.String(50)),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("recorded_at", _TIME, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("evidence_id", name="pk_evidence"),
    )
    op.create_index(
        "ix_evidence_dag_id_run_id_evidence_id", "evidence", ["dag_id", "run_id", "evidence_id"]
    )
    op.create_index("ix_evidence_dag_id_evidence_id", "evidence", ["dag_id", "evidence_id"])
    op.create_index(
        "ix_evidence_model_name_model_version", "evidence", ["model_name", "model_version"]
    )


def _create_approvals() -> None:
    op.create_table(
        "approval_request",
        sa.Column("request_id", sa.String(36), nullable=False),
        *_origin(),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("requester", _ID),
        sa.Column("approvers", sa.Text, nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
        sa.Column("shown_digest", sa.String(64), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("decided_by", _ID),
        sa.Column("reason", sa.Text),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME),
        sa.Column("decided_at", _TIME),
        sa.PrimaryKeyConstraint("request_id", name="pk_approval_request"),
    )
    op.create_index("ix_approval_request_dag_id_run_id", "approval_request", ["dag_id", "run_id"])
    op.create_index("ix_approval_request_state", "approval_request", ["state"])
    op.create_table(
        "vote",
        sa.Column("vote_id", sa.String(36), nullable=False),
        sa.Column("request_id", sa.String(36), nullable=False),
        sa.Column("user_id", _ID),
        sa.Column("user_name", _ID),
        sa.Column("option", sa.String(50), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("effective", sa.Boolean, nullable=False),
        sa.Column("refusal", sa.Text),
        sa.Column("answered_at", _TIME, nullable=False),
        sa.Column("recorded_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("vote_id", name="pk_vote"),
    )
    op.create_index("ix_vote_request_id", "vote", ["request_id"])
