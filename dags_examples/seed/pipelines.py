"""The Dags of the story: their tasks in order, their owners, and when they run.

The Dag files beside this module have the same ids and tasks, for Airflow to show them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any


class Work(StrEnum):
    PLAIN = "plain"
    QUALITY = "quality"
    TRAIN = "train"
    BIAS = "bias"
    CARD = "card"
    APPROVAL = "approval"
    PROMOTION = "promotion"


_OPERATORS = {
    Work.QUALITY: "DataQualityGate",
    Work.BIAS: "BiasCheck",
    Work.CARD: "ModelCardOperator",
    Work.APPROVAL: "HumanApprovalSensor",
    Work.PROMOTION: "PromoteModelOperator",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """:param seconds: how long it takes on a usual day.
    :param on_fail: what a gate does when it does not let pass.
    :param settings: contract, source and rows of a quality gate; thresholds of a bias check; ...
    """

    task_id: str
    work: Work = Work.PLAIN
    seconds: float = 60.0
    on_fail: str = "block"
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def operator(self) -> str:
        return _OPERATORS.get(self.work, "_PythonDecoratedOperator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """:param weekdays: on which it runs, Monday being 0; at each of ``times`` (UTC)."""

    dag_id: str
    owner: str
    steps: tuple[Step, ...]
    times: tuple[time, ...] = ()
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    model: str | None = None

    def times_between(self, since: datetime, until: datetime) -> Iterator[datetime]:
        day = since.date()
        while day <= until.date():
            if day.weekday() in self.weekdays:
                for at in self.times:
                    moment = datetime.combine(day, at, tzinfo=UTC)
                    if since <= moment < until:
                        yield moment
            day += timedelta(days=1)


def _chain(
    *, source: str, thresholds: dict[str, Any], approvers: tuple[str, ...], on_bias: str, hours: int
) -> tuple[Step, ...]:
    """From data to a promoted model."""
    return (
        Step(
            task_id="check_data",
            work=Work.QUALITY,
            seconds=9,
            settings={"contract": "census", "source": source},
        ),
        Step(task_id="train", work=Work.TRAIN, seconds=1500),
        Step(
            task_id="check_bias",
            work=Work.BIAS,
            seconds=12,
            on_fail=on_bias,
            settings={"thresholds": thresholds},
        ),
        Step(task_id="write_card", work=Work.CARD, seconds=7),
        Step(
            task_id="approve",
            work=Work.APPROVAL,
            settings={"approvers": approvers, "hours": hours},
        ),
        Step(
            task_id="promote",
            work=Work.PROMOTION,
            seconds=6,
            settings={"required": ("quality", "bias", "card", "approval")},
        ),
    )


CREDIT_THRESHOLDS = {
    "four_fifths": {"at_least": 0.8},
    "demographic_parity_difference": {"at_most": 0.08},
    "equal_opportunity_difference": {"at_most": 0.3, "severity": "warning"},
}
CREDIT = Pipeline(
    dag_id="credit_scoring",
    owner="risk-models",
    model="credit_scorer",
    weekdays=(0,),
    times=(time(6, 0),),
    steps=_chain(
        source="applications",
        thresholds=CREDIT_THRESHOLDS,
        approvers=("approver", "reviewer"),
        on_bias="block",
        hours=72,
    ),
)
CHURN = Pipeline(
    dag_id="churn_prediction",
    owner="crm-analytics",
    model="churn_model",
    weekdays=(2,),
    times=(time(5, 0),),
    steps=_chain(
        source="subscriptions",
        thresholds={"demographic_parity_difference": {"at_most": 0.1}},
        approvers=("approver",),
        on_bias="review",
        hours=48,
    ),
)
ROLLBACK = Pipeline(
    dag_id="credit_rollback",
    owner="risk-models",
    model="credit_scorer",
    steps=(
        Step(
            task_id="approve",
            work=Work.APPROVAL,
            settings={"approvers": ("approver", "reviewer"), "hours": 24},
        ),
        Step(
            task_id="promote",
            work=Work.PROMOTION,
            seconds=5,
            settings={"required": ("approval",)},
        ),
    ),
)
FRAUD = Pipeline(
    dag_id="fraud_detection",
    owner="fraud-team",
    times=tuple(time(hour, 10) for hour in range(0, 24, 4)),
    steps=(
        Step(task_id="load_transactions", seconds=140),
        Step(
            task_id="check_transactions",
            work=Work.QUALITY,
            seconds=8,
            settings={
                "contract": "transactions",
                "source": "payments.transactions",
                "rows": 61_000,
            },
        ),
        Step(task_id="score", seconds=260),
        Step(task_id="publish_alerts", seconds=35),
    ),
)
MART = Pipeline(
    dag_id="customer_data_mart",
    owner="data-platform",
    times=(time(2, 0),),
    steps=(
        Step(task_id="extract_crm", seconds=900),
        Step(task_id="extract_billing", seconds=1300),
        Step(
            task_id="check_customers",
            work=Work.QUALITY,
            seconds=15,
            settings={"contract": "customers", "source": "mart.customers", "rows": 214_000},
        ),
        Step(task_id="build_mart", seconds=1500),
    ),
)
REPORT = Pipeline(
    dag_id="regulatory_report",
    owner="finance-data",
    weekdays=(0, 1, 2, 3, 4),
    times=(time(4, 30),),
    steps=(
        Step(task_id="collect_exposures", seconds=700),
        Step(
            task_id="check_exposures",
            work=Work.QUALITY,
            seconds=10,
            settings={"contract": "exposures", "source": "risk.exposures", "rows": 52_300},
        ),
        Step(task_id="render", seconds=240),
        Step(task_id="deliver", seconds=20),
    ),
)
PIPELINES = (CREDIT, CHURN, ROLLBACK, FRAUD, MART, REPORT)
