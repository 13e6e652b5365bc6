"""Values that occur once, and how many different ones there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms.form import (
    Fields,
    Form,
    counted_bounds,
    nothing,
    numeric_bounds,
)
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import CheckKind, Expectation
from airflow_gov_provider.domain.quality.judging import Case, judge_share
from airflow_gov_provider.domain.quality.parameters import Parameters
from airflow_gov_provider.domain.quality.phrases import number_words_of
from airflow_gov_provider.domain.verdicts import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryKey(Parameters):
    """Every row has a key, and no two rows have the same."""

    kind: ClassVar[str] = "primary_key"
    counts_rows: ClassVar[bool] = True
    sees_null: ClassVar[bool] = True

    def words(self, check: Expectation) -> str:
        del check
        return "a primary key: no NULL and none twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateCount(Parameters):
    """How many rows share their key with another row, within the bounds."""

    kind: ClassVar[str] = "duplicate_count"
    always_within: ClassVar = (0, None)

    def words(self, check: Expectation) -> str:
        return number_words_of(check, "rows that share their key")


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicatePercent(Parameters):
    """The percentage of rows that share their key with another row, within the bounds."""

    kind: ClassVar[str] = "duplicate_percent"
    always_within: ClassVar = (0, 100)

    def words(self, check: Expectation) -> str:
        return number_words_of(check, "percent of rows that share their key")

    def judge(self, case: Case) -> Finding | None:
        return judge_share(case, of=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class DistinctCount(Parameters):
    """How many different values (or combinations) there are, within the bounds.

    :param approximate: an estimate is enough, where the database has one that is cheaper.
    """

    kind: ClassVar[str] = "distinct_count"
    always_within: ClassVar = (0, None)

    approximate: bool = False

    def words(self, check: Expectation) -> str:
        about = "about " if self.approximate else ""
        return number_words_of(check, f"{about}different values")


@dataclass(frozen=True, slots=True, kw_only=True)
class DistinctRatio(Parameters):
    """Different values by rows that have one, from 0 to 1, within the bounds."""

    kind: ClassVar[str] = "distinct_ratio"
    always_within: ClassVar = (0, 1)

    approximate: bool = False

    def words(self, check: Expectation) -> str:
        about = "about " if self.approximate else ""
        return number_words_of(check, f"{about}different values a row")

    def judge(self, case: Case) -> Finding | None:
        return judge_share(case)


def _duplicate_count(fields: Fields, owner: Node) -> dict[str, Any] | None:
    found = counted_bounds(fields, owner)
    return {"parameters": DuplicateCount(), **found} if found else None


def _duplicate_percent(fields: Fields, owner: Node) -> dict[str, Any] | None:
    found = numeric_bounds(fields, owner)
    return {"parameters": DuplicatePercent(), **found} if found else None


def _distinct_count(fields: Fields, owner: Node) -> dict[str, Any] | None:
    found = counted_bounds(fields, owner)
    approximate = fields["approximate"].flag() if "approximate" in fields else False
    if found is None or approximate is None:
        return None
    return {"parameters": DistinctCount(approximate=approximate), **found}


def _distinct_ratio(fields: Fields, owner: Node) -> dict[str, Any] | None:
    found = numeric_bounds(fields, owner)
    approximate = fields["approximate"].flag() if "approximate" in fields else False
    if found is None or approximate is None:
        return None
    return {"parameters": DistinctRatio(approximate=approximate), **found}


FORMS = {
    "unique": Form(kind=CheckKind.UNIQUE, read=nothing, columns=2, switch=True),
    "primary_key": Form(
        kind=PrimaryKey,
        read=lambda _fields, _owner: {"parameters": PrimaryKey()},
        columns=2,
        switch=True,
    ),
    "duplicate_count": Form(
        kind=DuplicateCount,
        bare="at_most",
        keys=values.BOUND_KEYS,
        read=_duplicate_count,
        columns=2,
    ),
    "duplicate_percent": Form(
        kind=DuplicatePercent,
        bare="at_most",
        keys=values.BOUND_KEYS,
        read=_duplicate_percent,
        columns=2,
    ),
    "distinct_count": Form(
        kind=DistinctCount,
        bare="exactly",
        keys=(*values.BOUND_KEYS, "approximate"),
        read=_distinct_count,
        columns=2,
    ),
    "distinct_ratio": Form(
        kind=DistinctRatio,
        keys=(*values.BOUND_KEYS, "approximate"),
        read=_distinct_ratio,
        columns=2,
    ),
}
