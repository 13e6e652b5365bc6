"""The governance database: tables and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID_LENGTH = 250  # what Airflow allows for Dag, task and run ids
VERSION_TABLE = "governance_alembic_version"
UNHEARD = "witness IN ('log', 'task_instance', 'dag_run')"


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC; SQLite keeps no zone, so it is added again on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"expected a time with a zone, found {value!r}")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# A rowid alias on SQLite, an identity on PostgreSQL.
SEQUENCE = BigInteger().with_variant(Integer, "sqlite")


def _origin() -> list[Column[Any]]:
    return [
        Column("dag_id", String(ID_LENGTH), nullable=False),
        Column("run_id", String(ID_LENGTH), nullable=False),
        Column("task_id", String(ID_LENGTH), nullable=False),
        Column("map_index", Integer, nullable=False),
        Column("try_number", Integer, nullable=False),
    ]


# Append-only. `seq` is the order of arrival and what pages are cut by; `event_id` is the identity.
event = Table(
    "event",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("event_id", String(64), nullable=False, unique=True),
    Column("type", String(100), nullable=False),
    Column("state", String(50)),
    Column("dag_id", String(ID_LENGTH)),
    Column("run_id", String(ID_LENGTH)),
    Column("task_id", String(ID_LENGTH)),
    Column("map_index", Integer),
    Column("try_number", Integer),
    Column("actor", String(ID_LENGTH)),
    Column("witness", String(50), nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("document", Text, nullable=False),
    Index(None, "dag_id", "run_id", "seq"),
    Index(None, "dag_id", "seq"),
    Index(None, "occurred_at"),
    # Transitions that no listener brought first: what a late one is compared with.
    Index(
        "ix_event_unheard",
        "dag_id",
        "run_id",
        sqlite_where=text(UNHEARD),
        postgresql_where=text(UNHEARD),
    ),
)

# Append-only. Identifiers are UUIDv7: ordering by them is ordering by time.
evidence = Table(
    "evidence",
    metadata,
    Column("evidence_id", String(36), primary_key=True),
    Column("kind", String(20), nullable=False),
    *_origin(),
    Column("subject", Text, nullable=False),
    Column("model_name", String(ID_LENGTH)),
    Column("model_version", String(50)),
    Column("verdict", String(20), nullable=False),
    Column("summary", Text, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("document", Text, nullable=False),
    Index(None, "dag_id", "run_id", "evidence_id"),
    Index(None, "dag_id", "evidence_id"),
    Index(None, "model_name", "model_version"),
    Index("ix_evidence_model_name_dag_id", "model_name", "dag_id", "evidence_id"),
    # Counting by verdict reads nothing but this.
    Index("ix_evidence_recorded_at", "recorded_at", "verdict", "kind", "dag_id"),
)

approval_request = Table(
    "approval_request",
    metadata,
    Column("request_id", String(36), primary_key=True),
    *_origin(),
    Column("subject", Text, nullable=False),
    Column("requester", String(ID_LENGTH)),
    Column(
        "approvers", Text, nullable=False
    ),  # JSON list of user ids; empty: anyone who may answer
    Column("shown", Text, nullable=False),  # JSON list of {evidence_id, digest, kind, verdict}
    Column("shown_digest", String(64), nullable=False),
    Column("state", String(20), nullable=False),
    Column("decided_by", String(ID_LENGTH)),
    Column("reason", Text),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("decided_at", UtcDateTime),
    Column("model_name", String(ID_LENGTH)),
    Column("model_version", String(50)),
    Column("allow_requester", Boolean, nullable=False, server_default=false()),
    Column("min_reason_length", Integer, nullable=False, server_default="10"),
    Index(None, "dag_id", "run_id"),
    Index(None, "dag_id", "request_id"),
    Index("ix_approval_request_model_name", "model_name", "request_id"),
    Index("ix_approval_request_state", "state", "request_id"),
)

# What the Required Actions page shows for a request. Airflow keeps the first one it was given for a
# task, whatever later tries send; `is_current` is false until the page really shows this one.
approval_page = Table(
    "approval_page",
    metadata,
    Column("request_id", String(36), primary_key=True),
    Column("content", Text, nullable=False),  # JSON: subject, body, params, assigned_users
    Column("is_current", Boolean, nullable=False),
    Index(None, "is_current"),
)

# Every answer anyone gave, the refused ones too.
vote = Table(
    "vote",
    metadata,
    Column("vote_id", String(36), primary_key=True),
    Column("request_id", String(36), nullable=False, index=True),
    Column("user_id", String(ID_LENGTH)),
    Column("user_name", String(ID_LENGTH)),
    Column("option", String(50), nullable=False),
    Column("reason", Text),
    Column("effective", Boolean, nullable=False),
    Column("refusal", Text),  # why an answer without effect had none
    Column("answered_at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
)

# Whoever holds the row before `expires_at` is the only one who may do what it names.
lease = Table(
    "lease",
    metadata,
    Column("name", String(500), primary_key=True),
    Column("holder", String(ID_LENGTH), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

# Events that have no leaf yet. A trigger puts every new event here, whoever inserts it, in the
# transaction that brings it; the sealer alone takes them out.
ledger_queue = Table(
    "ledger_queue",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=False),
)

# Append-only. Without gaps; the hash is the one of the event's document as it was stored.
leaf = Table(
    "leaf",
    metadata,
    Column("leaf_index", SEQUENCE, primary_key=True, autoincrement=False),
    Column("event_id", String(64), nullable=False, unique=True),
    Column("leaf_hash", LargeBinary(32), nullable=False),
)

# Append-only. Complete subtrees of every eighth level; those between are computed from them.
ledger_node = Table(
    "ledger_node",
    metadata,
    Column("level", Integer, primary_key=True),
    Column("node_index", BigInteger, primary_key=True),
    Column("hash", LargeBinary(32), nullable=False),
)

# Append-only. The signed note, and the state that the next leaves are added to.
checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", SEQUENCE, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("compact_range", LargeBinary, nullable=False),
    Column("sealed_at", UtcDateTime, nullable=False, index=True),
)

# Append-only. What a second witness saw of an event that was there already, and what every row of
# Airflow's log became. `batch` is the event that seals a set of such rows.
event_witness = Table(
    "event_witness",
    metadata,
    Column("witness", String(50), primary_key=True),
    Column("reference", String(300), primary_key=True),  # how the witness itself names what it saw
    Column("event_id", String(64), nullable=False, index=True),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("document", Text, nullable=False),
    Column("batch", String(64), nullable=False, index=True),
)

# Requests that the api-server answered, until the row of Airflow's log that they belong to is seen.
request_queue = Table(
    "request_queue",
    metadata,
    Column("request_id", String(64), primary_key=True),
    Column("received_at", UtcDateTime, nullable=False, index=True),
    Column("document", Text, nullable=False),
)

# How far something has been read, and when it was last looked at.
tail_position = Table(
    "tail_position",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("position", Text, nullable=False),  # JSON
    Column("updated_at", UtcDateTime, nullable=False),
)

# Where a witness is missing. A finding is opened and closed; both are events as well.
coverage_finding = Table(
    "coverage_finding",
    metadata,
    Column("finding_id", String(36), primary_key=True),
    Column("kind", String(50), nullable=False),
    Column("subject", String(ID_LENGTH), nullable=False),
    Column("details", Text, nullable=False),  # JSON
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime, index=True),
)

# The search index over events; all of it can be made again from them. A block is rewritten when
# stretches of events are joined to a longer one.
search_block = Table(
    "search_block",
    metadata,
    Column("kind", Integer, primary_key=True, autoincrement=False),
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    Column("segment", BigInteger, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)

# How many stretches of each level the search index has; one row a level from the beginning.
search_state = Table(
    "search_state",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("complete", BigInteger, nullable=False),
)

# Every Dag that has left an event that is indexed.
search_dag = Table("search_dag", metadata, Column("dag_id", String(ID_LENGTH), primary_key=True))
