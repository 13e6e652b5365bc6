"""Times held against the time of judging, or against the run's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms.form import Fields, Form, required
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.domain.quality.judging import Case
from airflow_gov_provider.domain.quality.occasions import Dated, Occasion, RelativeTo
from airflow_gov_provider.domain.quality.parameters import Effect, Parameters, larger
from airflow_gov_provider.domain.quality.phrases import span_words
from airflow_gov_provider.domain.verdicts import Finding

NO_MOMENT = (
    "it is relative to the logical date of a run, and there is none here; "
    "give one with --logical-date"
)
_WORDS = {RelativeTo.NOW: "now", RelativeTo.LOGICAL_DATE: "the logical date"}


def _longer_loosens(before: timedelta | None, after: timedelta | None) -> Effect:
    longer = (after or timedelta(0)) > (before or timedelta(0))
    return Effect.LOOSENED if longer else Effect.TIGHTENED


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh(Dated):
    """The age of the newest value at the run's own moment. Later rows do not exist yet.

    :param moment: what the age is taken at, once the occasion is known.
    """

    kind: ClassVar[str] = "freshness"

    relative_to: RelativeTo = RelativeTo.LOGICAL_DATE
    moment: datetime | None = None

    def at(self, occasion: Occasion, check: Expectation) -> Parameters:
        del check
        return replace(self, moment=occasion.moment(self.relative_to))

    def words(self, check: Expectation) -> str:
        age = span_words(check.max_age or timedelta(0))
        return f"at most {age} at {_WORDS[self.relative_to]}"

    def judge(self, case: Case) -> Finding | None:
        from airflow_gov_provider.domain.quality.evaluation import judge

        if self.moment is None:
            return case.insufficient(NO_MOMENT)
        if case.measurement is None or case.measurement.value is None:
            return case.insufficient(f"no value is from before {self.moment.isoformat()}")
        plain = replace(case.expectation, parameters=None)
        found = judge(plain, case.profile, now=self.moment)
        details = {**found.details, "judged_at": self.moment.isoformat()}
        return replace(found, expected=case.finding.expected, details=details)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfItsTime(Dated):
    """A row check of a date or a time against the occasion.

    :param moment: what it is held against, once the occasion is known.
    """

    counts_rows: ClassVar[bool] = True
    told_apart_by: ClassVar[tuple[str, ...]] = ("relative_to",)

    relative_to: RelativeTo = RelativeTo.NOW
    moment: datetime | None = None

    def at(self, occasion: Occasion, check: Expectation) -> Parameters:
        del check
        return replace(self, moment=occasion.moment(self.relative_to))


@dataclass(frozen=True, slots=True, kw_only=True)
class NotInFuture(OfItsTime):
    """:param allow: how far ahead a clock may be; None for 5 minutes, and 14 hours for a date."""

    kind: ClassVar[str] = "not_in_future"
    orders: ClassVar[Mapping[str, Callable[[Any, Any], Effect]]] = {"allow": _longer_loosens}

    allow: timedelta | None = None

    def words(self, check: Expectation) -> str:
        del check
        allowed = f" by more than {span_words(self.allow)}" if self.allow is not None else ""
        return f"not after {_WORDS[self.relative_to]}{allowed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OlderThan(OfItsTime):
    """Every value lies at least this long before the moment."""

    kind: ClassVar[str] = "older_than"
    orders: ClassVar[Mapping[str, Callable[[Any, Any], Effect]]] = {"age": larger(Effect.TIGHTENED)}

    age: timedelta

    def words(self, check: Expectation) -> str:
        del check
        return f"at least {span_words(self.age)} before {_WORDS[self.relative_to]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewerThan(OfItsTime):
    """No value lies longer before the moment than this, as where data may be kept so long only."""

    kind: ClassVar[str] = "newer_than"
    orders: ClassVar[Mapping[str, Callable[[Any, Any], Effect]]] = {"age": larger(Effect.LOOSENED)}

    age: timedelta

    def words(self, check: Expectation) -> str:
        del check
        return f"at most {span_words(self.age)} before {_WORDS[self.relative_to]}"


def relative_to(fields: Fields, default: RelativeTo = RelativeTo.NOW) -> RelativeTo | None:
    """The key ``relative_to``; None after a problem."""
    if "relative_to" not in fields:
        return default
    word = fields["relative_to"].choice([each.value for each in RelativeTo])
    return RelativeTo(word) if word else None


def _not_in_future(fields: Fields, _owner: Node) -> dict[str, Any] | None:
    to = relative_to(fields)
    allow = values.duration(fields["allow"]) if "allow" in fields else None
    if to is None or ("allow" in fields and allow is None):
        return None
    return {"parameters": NotInFuture(relative_to=to, allow=allow)}


def _aged(kind: type[OlderThan | NewerThan]) -> Form:
    def read(fields: Fields, owner: Node) -> dict[str, Any] | None:
        to = relative_to(fields)
        node = required(fields, owner, "age", what='such as "30d"')
        age = values.duration(node) if node else None
        if to is None or age is None:
            return None
        return {"parameters": kind(relative_to=to, age=age)}

    return Form(kind=kind, bare="age", keys=("age", "relative_to"), read=read)


FORMS = {
    "not_in_future": Form(
        kind=NotInFuture, keys=("allow", "relative_to"), read=_not_in_future, switch=True
    ),
    "older_than": _aged(OlderThan),
    "newer_than": _aged(NewerThan),
}
