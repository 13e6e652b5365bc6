"""A nightly report with promises about it, and what Airflow cannot promise by itself.

The whole run, one task of it, and a time of the morning: three promises in one `deadline`. Each
run, task and day gets an outcome; a miss opens an incident of the severity that stands here.
Airflow tells of the late run, the collector of everything else: also of a morning without any run.
"""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

from airflow.sdk import dag, task

from airflow_gov_provider.deadlines import sla

DATA = Path(__file__).parent / "data"
CALENDAR = {
    "weekdays": ["mon", "tue", "wed", "thu", "fri"],
    "holidays": {"2026-12-25": "Christmas", "2027-01-01": "New Year"},
}
PROMISES = [
    *sla(within=timedelta(minutes=30), from_="queued", severity="high"),
    # Both indexes of the mapped task have to be done, counted from the start of the run.
    *sla(tasks={"share_above_50k": timedelta(minutes=10)}, severity="medium", target=0.95),
    *sla(
        by=time(7, 30),
        tz="Europe/Berlin",
        severity="critical",
        owner="risk-reporting",
        description="The desk opens at eight and decides by this report.",
        calendar=CALENDAR,
    ),
]


@task
def share_above_50k(group: str) -> dict[str, object]:
    """The share of people with a high income, for each value of one column."""
    import pandas as pd

    people = pd.read_parquet(DATA / "adult.parquet", columns=[group, "income"])
    shares = people["income"].eq(">50K").groupby(people[group]).mean()
    return {
        "group": group,
        "shares": {str(name): round(share, 4) for name, share in shares.items()},
    }


@task
def publish(tables: list[dict[str, object]]) -> str:
    """Write the report and return its path."""
    import json
    import os

    report = Path(os.environ["AIRFLOW_HOME"]) / "reports" / "income.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps(list(tables), indent=2, sort_keys=True))
    return str(report)


@dag(
    dag_id="nightly_income_report",
    schedule="0 5 * * *",
    catchup=False,
    is_paused_upon_creation=True,
    deadline=PROMISES,
    tags=["governance", "example"],
    default_args={"owner": "ml-team", "retries": 1, "retry_delay": timedelta(seconds=5)},
    description="Three promises about one report: the run, a task, and the morning.",
)
def nightly_income_report() -> None:
    publish(share_above_50k.expand(group=["sex", "education"]))


nightly_income_report()
