"""An index for what evidence says of a model, by the Dag that recorded it."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    columns = ["model_name", "dag_id", "evidence_id"]
    op.create_index("ix_evidence_model_name_dag_id", "evidence", columns)
