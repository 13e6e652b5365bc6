"""What does not go as usual in the year, by Dag and day.

Months are those of the last twelve, so that the story always ends today.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from data import SOUND, Spoiled


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """:param after: from the question."""

    by: str
    choice: str
    reason: str
    after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What happens to one task in one run; ``until`` makes it last for several days.

    :param error: the class of an error, for so many ``tries``.
    :param minutes: how much longer it takes.
    :param marked_by: who marks it as successful by hand, some minutes after it has failed (or, of
        an approval, instead of an answer).
    """

    dag_id: str
    task_id: str
    day: date
    until: date | None = None
    hours: tuple[int, ...] = ()
    spoiled: Spoiled = SOUND
    unfair: bool = False
    error: str | None = None
    tries: int = 1
    minutes: float = 0.0
    marked_by: str | None = None
    answers: tuple[Answer, ...] = ()
    unanswered: bool = False

    def is_of(self, dag_id: str, at: datetime) -> bool:
        return (
            self.dag_id == dag_id
            and self.day <= at.date() <= (self.until or self.day)
            and (not self.hours or at.hour in self.hours)
        )


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days of the last year."""

    until: datetime

    def on(self, month: int, day: int) -> date:
        found = date(self.until.year, month, day)
        return found if found < self.until.date() else date(self.until.year - 1, month, day)

    def weekday_after(self, month: int, day: int, weekday: int) -> date:
        """The first such weekday on that day or later."""
        found = self.on(month, day)
        return found + timedelta(days=(weekday - found.weekday()) % 7)


MONDAY, WEDNESDAY = 0, 2
_HOUR = timedelta(hours=1)
_MART_IS_CHECKED = 3 * _HOUR  # after midnight, with time to spare


def troubles(until: datetime) -> list[Trouble]:
    days = Calendar(until)
    return [
        *_data_incident(days),
        *_bias_failure(days),
        *_outage(days),
        *_people(days),
        *_small_things(days),
        *_today(until),
    ]


def _data_incident(days: Calendar) -> list[Trouble]:
    """March: a new CRM release writes addresses anew, and two days of customers are spoiled."""
    first = days.on(3, 11)
    return [
        Trouble(
            dag_id="customer_data_mart",
            task_id="check_customers",
            day=first,
            until=first + timedelta(days=1),
            spoiled=Spoiled(
                failing={
                    "email.regex": 0.083,
                    "country.accepted_values": 0.021,
                    "monthly_income.not_null": 0.119,
                },
                values={"monthly_income.mean": 4121.7},
            ),
        ),
        Trouble(
            dag_id="customer_data_mart",
            task_id="check_customers",
            day=first + timedelta(days=2),
            spoiled=Spoiled(failing={"email.regex": 0.011}),
            marked_by="admin",
        ),
    ]


def _bias_failure(days: Calendar) -> list[Trouble]:
    """May: a new feature brings the old gap back; the second week it is mended."""
    week = days.weekday_after(5, 11, MONDAY)
    return [
        Trouble(dag_id="credit_scoring", task_id="check_bias", day=week, unfair=True),
        Trouble(
            dag_id="churn_prediction",
            task_id="check_bias",
            day=days.weekday_after(7, 8, WEDNESDAY),
            unfair=True,
        ),
        Trouble(
            dag_id="churn_prediction",
            task_id="approve",
            day=days.weekday_after(7, 8, WEDNESDAY),
            answers=(
                Answer(
                    by="approver",
                    choice="Reject",
                    reason="The gap between groups is three times what we agreed on. Not this one.",
                    after=3 * _HOUR,
                ),
            ),
        ),
    ]


def _outage(days: Calendar) -> list[Trouble]:
    """August: the warehouse is down for a day and a half, and slow afterwards."""
    day = days.weekday_after(8, 17, MONDAY)
    slow = [
        Trouble(
            dag_id=dag_id, task_id=task_id, day=day, until=day + timedelta(days=2), minutes=minutes
        )
        for dag_id, task_id, minutes in (
            ("customer_data_mart", "extract_billing", 190),
            ("regulatory_report", "collect_exposures", 140),
        )
    ]
    return [
        *slow,
        Trouble(
            dag_id="fraud_detection",
            task_id="load_transactions",
            day=day,
            until=day + timedelta(days=1),
            minutes=26,
        ),
        Trouble(
            dag_id="fraud_detection",
            task_id="check_transactions",
            day=day,
            hours=(8, 12),
            spoiled=Spoiled(values={"row_count": 4_212, "booked_at.freshness": 5 * _HOUR}),
        ),
        Trouble(
            dag_id="fraud_detection",
            task_id="load_transactions",
            day=day + timedelta(days=1),
            hours=(0, 4),
            error="sqlalchemy.exc.OperationalError",
            tries=3,
        ),
    ]


def _people(days: Calendar) -> list[Trouble]:
    """Answers of the wrong person, too short, too late; a request that was gone past."""
    wrong_person = Answer(
        by="requester", choice="Approve", reason="Metrics look fine, ship it.", after=_HOUR
    )
    too_short = Answer(by="approver", choice="Approve", reason="ok", after=2 * _HOUR)
    return [
        Trouble(
            dag_id="credit_scoring",
            task_id="approve",
            day=days.weekday_after(2, 9, MONDAY),
            answers=(
                wrong_person,
                too_short,
                Answer(
                    by="approver",
                    choice="Approve",
                    reason="Read the card and the group rates; within what was agreed on.",
                    after=5 * _HOUR,
                ),
            ),
        ),
        Trouble(
            dag_id="churn_prediction",
            task_id="approve",
            day=days.weekday_after(4, 8, WEDNESDAY),
            answers=(
                Answer(
                    by="reviewer", choice="Approve", reason="Fine with the risk team.", after=_HOUR
                ),
                Answer(
                    by="approver",
                    choice="Approve",
                    reason="Same gap as last week, the campaign is voluntary.",
                    after=4 * _HOUR,
                ),
            ),
        ),
        Trouble(  # nobody answers over the holidays
            dag_id="credit_scoring",
            task_id="approve",
            day=days.weekday_after(12, 21, MONDAY),
            answers=(Answer(by="", choice="", reason="", after=timedelta(hours=72)),),
        ),
        Trouble(
            dag_id="credit_scoring",
            task_id="approve",
            day=days.weekday_after(9, 21, MONDAY),
            marked_by="admin",
        ),
    ]


def _small_things(days: Calendar) -> list[Trouble]:
    return [
        Trouble(
            dag_id="regulatory_report",
            task_id="collect_exposures",
            day=days.weekday_after(1, 12, MONDAY),
            error="builtins.TimeoutError",
            tries=3,
            marked_by="admin",
        ),
        Trouble(
            dag_id="regulatory_report",
            task_id="check_exposures",
            day=days.weekday_after(6, 15, MONDAY),
            spoiled=Spoiled(
                unmeasured={"risk_weight.range": "permission denied for column risk_weight"}
            ),
        ),
        Trouble(
            dag_id="credit_scoring",
            task_id="check_data",
            day=days.weekday_after(10, 12, MONDAY),
            spoiled=Spoiled(
                failing={"workclass.not_missing": 0.056, "native_country.regex": 0.004},
                missing_columns=("capital_loss",),
            ),
        ),
        Trouble(
            dag_id="fraud_detection",
            task_id="score",
            day=days.on(11, 3),
            hours=(16, 20),
            minutes=12,
        ),
    ]


def _today(until: datetime) -> list[Trouble]:
    """What is still open when somebody looks, at whatever hour that is."""
    yesterday = until.date() - timedelta(days=1)
    newest_mart = (until - _MART_IS_CHECKED).date()
    return [
        Trouble(
            dag_id="customer_data_mart",
            task_id="check_customers",
            day=newest_mart,
            spoiled=Spoiled(failing={"country.accepted_values": 0.017, "birth_year.range": 0.0004}),
        ),
        Trouble(dag_id="fraud_detection", task_id="score", day=yesterday, hours=(20,), minutes=14),
    ]
