"""One function per setting of ``[governance]``, read when it is called."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

SECTION = "governance"
COLLECTORS = ("embedded", "external", "off")


@cache  # the name is looked up anew at each import of it, which a task would pay for each setting
def _conf() -> object:
    from airflow.providers.common.compat.sdk import conf

    return conf


def _get(option: str, fallback: str) -> str:
    return str(_conf().get(SECTION, option, fallback=fallback) or fallback)  # type: ignore[attr-defined]


def airflow_home() -> Path:
    return Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser()


def default_sql_alchemy_conn() -> str:
    return f"sqlite:///{airflow_home() / 'governance.db'}"


def sql_alchemy_conn() -> str:
    """[governance] sql_alchemy_conn: the governance database."""
    return _get("sql_alchemy_conn", default_sql_alchemy_conn())


def spool_dir() -> Path:
    """[governance] spool_dir: where this host's processes leave events until they are shipped."""
    given = _get("spool_dir", "")
    return Path(given).expanduser() if given else airflow_home() / "governance" / "spool"


def collector() -> str:
    """[governance] collector: ``embedded`` in the api-server, ``external`` or ``off``."""
    return _get("collector", "embedded")


def ship_interval() -> float:
    """[governance] ship_interval: seconds between two rounds of the collector."""
    return float(_get("ship_interval", "1.0"))


def presence_lasts() -> float:
    """Seconds for which a shipper that has shown itself is taken to be there: several rounds."""
    return max(30.0, 15 * ship_interval())


def ship_at_task_end() -> str:
    """[governance] ship_at_task_end: ``auto``, ``always`` or ``never``, of task processes."""
    return _get("ship_at_task_end", "auto")


def ship_timeout() -> float:
    """[governance] ship_timeout: seconds for which a task may be held up by shipping at its end."""
    return float(_get("ship_timeout", "5.0"))


def trusted_proxies() -> int:
    """[governance] trusted_proxies: how many proxies add to ``X-Forwarded-For`` before us."""
    return int(_get("trusted_proxies", "0"))


def max_payload_bytes() -> int:
    """[governance] max_payload_bytes: what one event may carry beyond its identity."""
    return int(_get("max_payload_bytes", "16384"))


def ledger_key() -> str:
    """[governance] ledger_key: what signs checkpoints; empty where the key file is used."""
    return _get("ledger_key", "")


def ledger_origin() -> str:
    """[governance] ledger_origin: the name of this ledger in its checkpoints."""
    return _get("ledger_origin", "airflow-governance")


def ledger_anchor_file() -> Path:
    """[governance] ledger_anchor_file: where checkpoints are written outside the database."""
    default = str(airflow_home() / "governance" / "anchors.log")
    return Path(_get("ledger_anchor_file", default)).expanduser()


def anchor_interval() -> float:
    """[governance] anchor_interval: seconds between two anchors; 0 for every checkpoint."""
    return float(_get("anchor_interval", "60"))


def ledger_anchors() -> str:
    """[governance] ledger_anchors: import paths of further anchors, separated by commas."""
    return _get("ledger_anchors", "")


def timestamp_url() -> str:
    """[governance] timestamp_url: an RFC 3161 authority; empty where nothing is sent."""
    return _get("timestamp_url", "")


def timestamp_ca_file() -> Path | None:
    """[governance] timestamp_ca_file: whose time stamps are believed; None where it is not set."""
    given = _get("timestamp_ca_file", "")
    return Path(given).expanduser() if given else None


def commitments() -> list[Path]:
    """[governance] commitments: the YAML files of commitments, in the order of their weight."""
    given = _get("commitments", "").split(",")
    return [Path(name.strip()).expanduser() for name in given if name.strip()]


def incident_rules() -> Path | None:
    """[governance] incident_rules: the YAML file with rules about incidents; None without one."""
    given = _get("incident_rules", "")
    return Path(given).expanduser() if given else None


def object_stores() -> dict[str, str]:
    """[governance] object_stores: from where addresses begin to the connection, or to nothing."""
    entries = [each.strip() for each in _get("object_stores", "").split(",")]
    parted = [entry.rpartition("=") if "=" in entry else (entry, "", "") for entry in entries]
    return {f"{prefix.rstrip('/')}/": conn_id for prefix, _, conn_id in parted if prefix}


def statement_timeout() -> int:
    """[governance] statement_timeout: seconds that a statement of a gate may run in a warehouse."""
    return int(_get("statement_timeout", "3600"))


def mlflow_tracking_uri() -> str | None:
    """[governance] mlflow_tracking_uri: MLflow's own environment decides when it is empty."""
    return _get("mlflow_tracking_uri", "") or None


def mlflow_registry_uri() -> str | None:
    """[governance] mlflow_registry_uri: the tracking URI when it is empty."""
    return _get("mlflow_registry_uri", "") or None


def profiling_memory() -> str:
    """[governance] profiling_memory: what a gate over files may take for rows, such as ``2GB``."""
    return _get("profiling_memory", "2GB")


def profiling_spill_dir() -> Path | None:
    """[governance] profiling_spill_dir: for what does not fit there; None for the system's own."""
    given = _get("profiling_spill_dir", "")
    return Path(given).expanduser() if given else None


def profiling_connections() -> int:
    """[governance] profiling_connections: to PostgreSQL, for one large table."""
    return int(_get("profiling_connections", "2"))


def api_base_url() -> str:
    """[api] base_url of Airflow: where people reach the UI; empty where it is not set."""
    return str(_conf().get("api", "base_url", fallback="") or "")  # type: ignore[attr-defined]
