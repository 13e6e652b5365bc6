"""What lists of approval requests are filtered by, and indexes for the figures of the overview."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = "approval_request"
    op.add_column(table, sa.Column("model_name", sa.String(250)))
    op.add_column(table, sa.Column("model_version", sa.String(50)))
    op.add_column(
        table,
        sa.Column("allow_requester", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.add_column(
        table, sa.Column("min_reason_length", sa.Integer, nullable=False, server_default="10")
    )
    op.create_index("ix_approval_request_dag_id_request_id", table, ["dag_id", "request_id"])
    op.create_index("ix_approval_request_model_name", table, ["model_name", "request_id"])
    op.drop_index("ix_approval_request_state", table)
    op.create_index("ix_approval_request_state", table, ["state", "request_id"])
    columns = ["recorded_at", "verdict", "kind", "dag_id"]
    op.create_index("ix_evidence_recorded_at", "evidence", columns)
    op.create_index("ix_incident_opened_at", "incident", ["opened_at", "dag_id"])
    op.drop_index("ix_sla_outcome_expected_at", "sla_outcome")
    columns = ["expected_at", "state", "actual_at", "dag_id", "commitment_id"]
    op.create_index("ix_sla_outcome_expected_at", "sla_outcome", columns)
