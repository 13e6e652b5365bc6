"""Numbers of a whole column, held against bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms.form import Fields, Form, Read, numeric_bounds
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import CheckKind, Expectation, Statistic
from airflow_gov_provider.domain.quality.judging import Case, judge_share
from airflow_gov_provider.domain.quality.parameters import Effect, Parameters, larger
from airflow_gov_provider.domain.quality.phrases import number_words_of
from airflow_gov_provider.domain.verdicts import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Variance(Parameters):
    """The sample variance (n - 1), within the bounds."""

    kind: ClassVar[str] = "variance"
    always_within: ClassVar = (0, None)
    about: ClassVar[str] = "number"

    def words(self, check: Expectation) -> str:
        return number_words_of(check, "variance")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproximateQuantile(Parameters):
    """An estimate of a quantile, where the database has one that is cheaper; else the quantile."""

    kind: ClassVar[str] = "approximate_quantile"
    about: ClassVar[str] = "number"
    told_apart_by: ClassVar[tuple[str, ...]] = ("share",)

    share: float

    def words(self, check: Expectation) -> str:
        return number_words_of(check, f"about the quantile {self.share:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MostCommon(Parameters):
    """The share of the most frequent value among all values, from 0 to 1, within the bounds."""

    kind: ClassVar[str] = "most_common"
    always_within: ClassVar = (0, 1)

    def words(self, check: Expectation) -> str:
        return number_words_of(check, "share of the most frequent value")

    def judge(self, case: Case) -> Finding | None:
        return judge_share(case)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entropy(Parameters):
    """Shannon's entropy of the values in bits, within the bounds.

    Source: C. E. Shannon, A Mathematical Theory of Communication (1948), section 6.
    """

    kind: ClassVar[str] = "entropy"
    always_within: ClassVar = (0, None)

    def words(self, check: Expectation) -> str:
        return number_words_of(check, "entropy in bits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation(Parameters):
    """Pearson's coefficient of two columns, over the rows that have both, within the bounds."""

    kind: ClassVar[str] = "correlation"
    always_within: ClassVar = (-1, 1)
    about: ClassVar[str] = "number"

    def words(self, check: Expectation) -> str:
        return number_words_of(check, "correlation")


@dataclass(frozen=True, slots=True, kw_only=True)
class MutualInformation(Parameters):
    """What one column tells of the other, in bits, over the rows that have both."""

    kind: ClassVar[str] = "mutual_information"
    always_within: ClassVar = (0, None)

    def words(self, check: Expectation) -> str:
        return number_words_of(check, "mutual information in bits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outliers(Parameters):
    """No value lies far from the others.

    :param method: ``iqr``: more than ``factor`` interquartile ranges outside of the quartiles
        (J. W. Tukey, Exploratory Data Analysis, 1977); ``zscore``: more than ``factor`` standard
        deviations away from the mean.
    """

    kind: ClassVar[str] = "outliers"
    counts_rows: ClassVar[bool] = True
    about: ClassVar[str] = "number"
    orders: ClassVar = {"factor": larger(Effect.LOOSENED)}
    told_apart_by: ClassVar[tuple[str, ...]] = ("method",)

    method: str
    factor: float

    def words(self, check: Expectation) -> str:
        del check
        if self.method == "iqr":
            return f"within {self.factor:g} interquartile ranges of the quartiles"
        return f"within {self.factor:g} standard deviations of the mean"


def _quantile(fields: Fields, owner: Node) -> dict[str, Any] | None:
    q = fields["q"].number() if "q" in fields else None
    if "q" not in fields:
        owner.lacks("'q' is missing: the quantile, from 0 to 1", "q")
    elif q is not None and not 0 <= q <= 1:
        fields["q"].wrong(f"expected a quantile from 0 to 1, found {q}")
        q = None
    return _quantile_of(q, fields, owner)


def _median(fields: Fields, owner: Node) -> dict[str, Any] | None:
    return _quantile_of(0.5, fields, owner)


def _quantile_of(share: float | None, fields: Fields, owner: Node) -> dict[str, Any] | None:
    found = values.bounds(fields, owner, numeric=True)
    approximate = fields["approximate"].flag() if "approximate" in fields else False
    if share is None or found is None or approximate is None:
        return None
    if approximate:
        return {"parameters": ApproximateQuantile(share=float(share)), "bounds": found}
    return {"statistic": Statistic.QUANTILE, "quantile": float(share), "bounds": found}


def _quantile_named(own: Any) -> str:
    about = own.get("parameters")
    share = own["quantile"] if about is None else about.share
    return f"quantile({share:g})"


def _statistic(statistic: Statistic) -> Form:
    extremes = (Statistic.MIN, Statistic.MAX)  # of times and text, too; a mean is of numbers only

    def read(fields: Fields, owner: Node) -> dict[str, Any] | None:
        found = values.bounds(fields, owner, numeric=statistic not in extremes)
        return {"statistic": statistic, "bounds": found} if found else None

    return Form(kind=CheckKind.STATISTIC, keys=values.BOUND_KEYS, read=read)


def _number(made: Parameters, *, bare: str | None = None) -> Form:
    return Form(kind=type(made), bare=bare, keys=values.BOUND_KEYS, read=_reader(made))


def _of_two(made: Parameters) -> Form:
    keys = values.BOUND_KEYS
    return Form(kind=type(made), keys=keys, read=_reader(made), columns=2, fewest=2, most=2)


def _reader(made: Parameters) -> Read:
    def read(fields: Fields, owner: Node) -> dict[str, Any] | None:
        found = numeric_bounds(fields, owner)
        return {"parameters": made, **found} if found else None

    return read


def _outliers(fields: Fields, _owner: Node) -> dict[str, Any] | None:
    method = fields["method"].choice(("iqr", "zscore")) if "method" in fields else "iqr"
    usual = 1.5 if method == "iqr" else 3.0
    factor = fields["factor"].number() if "factor" in fields else usual
    if factor is not None and factor <= 0:
        fields["factor"].wrong(f"expected more than 0, found {factor}")
        return None
    if method is None or factor is None:
        return None
    return {"parameters": Outliers(method=method, factor=float(factor))}


FORMS = {
    "min": _statistic(Statistic.MIN),
    "max": _statistic(Statistic.MAX),
    "mean": _statistic(Statistic.MEAN),
    "stddev": _statistic(Statistic.STDDEV),
    "sum": _statistic(Statistic.SUM),
    "quantile": Form(
        kind=CheckKind.STATISTIC,
        example="{q: 0.95, at_most: 100}",
        keys=("q", *values.BOUND_KEYS, "approximate"),
        read=_quantile,
        named=_quantile_named,
    ),
    "median": Form(
        kind=CheckKind.STATISTIC, keys=(*values.BOUND_KEYS, "approximate"), read=_median
    ),
    "variance": _number(Variance()),
    "most_common": _number(MostCommon(), bare="at_most"),
    "entropy": _number(Entropy(), bare="at_least"),
    "correlation": _of_two(Correlation()),
    "mutual_information": _of_two(MutualInformation()),
    "outliers": Form(kind=Outliers, bare="method", keys=("method", "factor"), read=_outliers),
}
