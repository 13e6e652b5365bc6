"""The governance database: commitments, their outcomes, incidents, and what is sent about them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text, text

from airflow_gov_provider.store.tables import ID_LENGTH, SEQUENCE, UtcDateTime, metadata

UNRESOLVED = "state <> 'resolved'"
PENDING = "state = 'pending'"
UNROUTED = "routed_at IS NULL"

# What was promised, as it was last declared. Its id is made of the Dag (or asset) and its name, so
# that another number of minutes is the same commitment.
commitment = Table(
    "commitment",
    metadata,
    Column("commitment_id", String(64), primary_key=True),
    Column("dag_id", String(ID_LENGTH), index=True),  # None: of an asset that no one Dag makes
    Column("name", String(ID_LENGTH), nullable=False),
    Column("kind", String(20), nullable=False),  # run, task, by, asset
    Column("subject", Text, nullable=False),  # the task's id, the asset's name, else the Dag's id
    Column("owner", String(ID_LENGTH)),
    Column("severity", String(20), nullable=False),
    Column("target", Float, nullable=False),
    Column("source", Text, nullable=False),  # "dag", or the file and the entry in it
    Column("document", Text, nullable=False),  # JSON: all of its terms
    Column("declared_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("retired_at", UtcDateTime),  # since when nobody declares it any more
)

# One row for each occasion of a commitment: a Dag run, a day, an update of an asset.
sla_outcome = Table(
    "sla_outcome",
    metadata,
    Column("outcome_id", String(36), primary_key=True),
    Column("commitment_id", String(64), nullable=False),
    Column("occasion", String(ID_LENGTH), nullable=False),
    Column("dag_id", String(ID_LENGTH)),
    Column("run_id", String(ID_LENGTH)),
    Column("state", String(20), nullable=False),  # pending, met, missed, excused, void
    Column("reason", Text),
    Column("owner", String(ID_LENGTH)),
    Column("expected_at", UtcDateTime),  # None while what it counts from has not happened
    Column("actual_at", UtcDateTime),  # also of a miss, once it has happened after all
    Column("judged_by", String(20)),  # callback or collector
    Column("judged_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("terms", Text, nullable=False),  # JSON: the commitment as it was for this occasion
    Index("uq_sla_outcome_occasion", "commitment_id", "occasion", unique=True),
    Index("ix_sla_outcome_commitment_id_expected_at", "commitment_id", "expected_at"),
    Index("ix_sla_outcome_dag_id_run_id", "dag_id", "run_id"),
    # Counting by day reads nothing but this.
    Index(
        "ix_sla_outcome_expected_at",
        "expected_at",
        "state",
        "actual_at",
        "dag_id",
        "commitment_id",
    ),
    Index(
        "ix_sla_outcome_pending",
        "expected_at",
        sqlite_where=text(PENDING),
        postgresql_where=text(PENDING),
    ),
)

# One row for each thing that is wrong; at most one unresolved row for each dedup key. `version`
# grows with every change, and a change names the version that it was made of.
incident = Table(
    "incident",
    metadata,
    Column("incident_id", String(36), primary_key=True),
    Column("dedup_key", String(500), nullable=False),
    Column("kind", String(50), nullable=False),
    Column("state", String(20), nullable=False),  # open, acknowledged, resolved
    Column("severity", String(20), nullable=False),
    Column("title", Text, nullable=False),
    Column("dag_id", String(ID_LENGTH)),
    Column("run_id", String(ID_LENGTH)),
    Column("task_id", String(ID_LENGTH)),
    Column("owner", String(ID_LENGTH)),
    Column("assignee", String(ID_LENGTH)),
    Column("occurrences", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", String(ID_LENGTH)),
    Column("resolved_at", UtcDateTime),
    Column("resolved_by", String(ID_LENGTH)),
    Column("resolution", String(50)),
    Column("comment", Text),
    Column("details", Text, nullable=False),  # JSON: facts of the newest occurrence
    Column("affected", Text, nullable=False),  # JSON: what lies downstream
    Column("reportable", Text),  # JSON: since when and the due times, of a serious incident
    Column("auto_resolve", Boolean, nullable=False),
    Index(
        "uq_incident_unresolved",
        "dedup_key",
        unique=True,
        sqlite_where=text(UNRESOLVED),
        postgresql_where=text(UNRESOLVED),
    ),
    Index("ix_incident_dedup_key", "dedup_key"),
    Index("ix_incident_state_incident_id", "state", "incident_id"),
    Index("ix_incident_dag_id_incident_id", "dag_id", "incident_id"),
    Index("ix_incident_opened_at", "opened_at", "dag_id"),
)

# Everything that happened to an incident, each with the event that says so. Nothing is ever
# changed in a row but `routed_at`.
incident_entry = Table(
    "incident_entry",
    metadata,
    Column("entry_id", SEQUENCE, primary_key=True, autoincrement=True),
    Column("incident_id", String(36), nullable=False, index=True),
    Column("kind", String(30), nullable=False),  # opened, repeated, acknowledged, assigned, ...
    Column("actor", String(ID_LENGTH)),
    Column("at", UtcDateTime, nullable=False),
    Column("details", Text, nullable=False),  # JSON
    Column("event_id", String(64), nullable=False, index=True),
    Column("routed_at", UtcDateTime),  # when it was settled whom to tell of it
    Index(
        "ix_incident_entry_unrouted",
        "entry_id",
        sqlite_where=text(UNROUTED),
        postgresql_where=text(UNROUTED),
    ),
)

# What is to be sent about an incident. The collector sends it, again and again until it arrives or
# is given up.
notice = Table(
    "notice",
    metadata,
    Column("notice_id", String(36), primary_key=True),
    Column("incident_id", String(36), nullable=False, index=True),
    Column("entry_id", SEQUENCE, nullable=False),
    Column("channel", String(ID_LENGTH), nullable=False),
    Column("state", String(20), nullable=False),  # waiting, sending, delivered, dead
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("claimed_by", String(ID_LENGTH)),
    Column("claimed_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("last_error", Text),
    Column("content", Text, nullable=False),  # JSON: what the message is made of
    Index("uq_notice_entry_channel", "entry_id", "channel", unique=True),
    Index("ix_notice_state_due_at", "state", "due_at"),
)
