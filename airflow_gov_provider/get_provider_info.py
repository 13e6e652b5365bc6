"""What Airflow's provider manager reads; imports nothing of Airflow."""

from __future__ import annotations

from typing import Any

from airflow_gov_provider import __version__


def _option(
    description: str, default: str, *, kind: str = "string", example: str | None = None, **more: Any
) -> dict[str, Any]:
    return {
        "description": description,
        "type": kind,
        "default": default,
        "example": example,
        "version_added": "0.1.0",
        **more,
    }


_OPTIONS = {
    "sql_alchemy_conn": _option(
        "SQLAlchemy URL of the governance database. Empty: the SQLite file governance.db in "
        "AIRFLOW_HOME, which migrates itself. Any other database is migrated with "
        "`airflow governance db migrate`.",
        "",
        example="postgresql+psycopg://governance@db.example.com/governance",
        sensitive=True,
    ),
    "spool_dir": _option(
        "Directory on the local disk where processes leave their events until they are shipped. "
        "Empty: governance/spool in AIRFLOW_HOME.",
        "",
        example="/var/spool/airflow-governance",
    ),
    "collector": _option(
        "Where the collector runs, which ships events and seals the ledger: `embedded` in the "
        "api-server; `external`, a process of its own that runs `airflow governance collector`; or "
        "`off`, where nothing does it by itself. Any number of collectors may run at the same "
        "time: they double nothing.",
        "embedded",
    ),
    "ship_interval": _option(
        "Seconds between two rounds of the collector.", "1.0", kind="float", example="5"
    ),
    "ship_at_task_end": _option(
        "Whether a task process ships the events of its host when its task has ended: `auto` where "
        "no collector and no `airflow governance ship --follow` shows itself in the spool "
        "directory, `always` or `never`. What it could not ship stays for the next one.",
        "auto",
    ),
    "ship_timeout": _option(
        "Seconds for which the end of a task may be held up by shipping; keep it well below "
        "[core] task_success_overtime.",
        "5.0",
        kind="float",
    ),
    "trusted_proxies": _option(
        "How many proxies in front of the api-server add an address to the header X-Forwarded-For; "
        "the address that the first of them saw is recorded as the client of what people do. 0: "
        "the header is not believed.",
        "0",
        kind="integer",
        example="1",
    ),
    "max_payload_bytes": _option(
        "Most bytes that one event may carry beyond its identity; a longer payload is cut and "
        "marked as cut.",
        "16384",
        kind="integer",
    ),
    "ledger_key": _option(
        "Ed25519 key that signs the checkpoints of the ledger, as `airflow governance ledger keys` "
        "describes it, and after it the verifier keys of those it replaced. Empty: the file "
        "governance/ledger.key in AIRFLOW_HOME, which is made on first use.",
        "",
        sensitive=True,
    ),
    "ledger_origin": _option(
        "Name of this ledger in its checkpoints, without blanks and without `+`. Choose it before "
        "the first checkpoint; it stays.",
        "airflow-governance",
        example="governance.example.com/airflow",
    ),
    "ledger_anchor_file": _option(
        "File to which signed checkpoints are added, so that a database that was rewritten or set "
        "back is noticed. Keep it where whoever administers the database cannot write. Empty: "
        "governance/anchors.log in AIRFLOW_HOME.",
        "",
        example="/mnt/worm/governance-anchors.log",
    ),
    "anchor_interval": _option(
        "Seconds between two anchors; 0 anchors every checkpoint.", "60", kind="float"
    ),
    "ledger_anchors": _option(
        "Further anchors, separated by commas: import paths of functions, or of classes without "
        "arguments, that are given each signed checkpoint. airflow_gov_provider.hooks.anchors "
        "describes them.",
        "",
        example="my_package.anchors.write_to_bucket",
    ),
    "timestamp_url": _option(
        "RFC 3161 time-stamping authority that signs when it saw a checkpoint. It is sent digests "
        "and nothing else. Needs the extra `rfc3161` and timestamp_ca_file. Empty: nothing is "
        "sent.",
        "",
        example="https://tsa.example.com/timestamp",
        sensitive=True,
    ),
    "timestamp_ca_file": _option(
        "PEM file with the certificates of the authorities whose time stamps are believed.",
        "",
        example="/etc/ssl/tsa.pem",
    ),
    "commitments": _option(
        "YAML files that promise something for many Dags, separated by commas; of what two entries "
        "say by the same name, the later one holds. airflow_gov_provider.domain.sla.promises_file "
        "describes them, and `airflow governance sla lint` checks one. Empty: Dag code alone "
        "promises.",
        "",
        example="/etc/airflow/commitments.yaml",
    ),
    "incident_rules": _option(
        "YAML file with rules about incidents: their severity and owner, the channels that are "
        "told of them, and when they are escalated. airflow_gov_provider.domain.incidents.rules "
        "describes it. Empty: severities are those of what went wrong, and nobody is told.",
        "",
        example="/etc/airflow/incident_rules.yaml",
    ),
    "object_stores": _option(
        "Where gates may read Parquet and CSV beyond this machine's disks, through DuckDB's "
        "extension httpfs or, without it, fsspec: how addresses begin, separated by commas, each "
        "with the connection that holds its keys (s3://bucket/=aws_default) or without. Empty: no "
        "address is reached.",
        "",
        example="s3://lake/clean/=aws_default, https://data.example.com/public/",
    ),
    "statement_timeout": _option(
        "Seconds that one statement of a gate may run in Snowflake, Databricks or Trino.",
        "3600",
        kind="integer",
    ),
    "mlflow_tracking_uri": _option(
        "MLflow tracking server for operators that name none. Empty: MLflow's own settings.",
        "",
        example="http://mlflow.example.com:5000",
    ),
    "mlflow_registry_uri": _option(
        "MLflow model registry for operators that name none. Empty: the tracking URI.",
        "",
        example="http://mlflow.example.com:5000",
    ),
    "profiling_memory": _option(
        "Memory that a gate over files may take for their rows, in the task that runs it. What "
        "needs more is written to profiling_spill_dir or done in several rounds, with the same "
        "result. The process itself comes on top.",
        "2GB",
        example="512MB",
    ),
    "profiling_spill_dir": _option(
        "Existing directory for what does not fit into profiling_memory; it is removed again. "
        "Empty: the directory for temporary files of the system.",
        "",
        example="/var/spool/airflow-governance-spill",
    ),
    "profiling_connections": _option(
        "How many connections a gate opens to PostgreSQL for a table of 64 MB or more: 2 share one "
        "snapshot and the work; 1 keeps to the connection of the gate.",
        "2",
        kind="integer",
        example="1",
    ),
}


def get_provider_info() -> dict[str, Any]:
    return {
        "package-name": "airflow-gov-provider",
        "name": "AI Governance",
        "description": "Gates, approvals, evidence and an audit ledger in the path of execution.",
        "versions": [__version__],
        "config": {
            "governance": {
                "description": "AI governance: gates, evidence and the audit trail.",
                "options": _OPTIONS,
            }
        },
        "cli": ["airflow_gov_provider.cli.definition.get_governance_cli_commands"],
    }
