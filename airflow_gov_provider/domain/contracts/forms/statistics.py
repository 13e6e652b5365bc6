"""Numbers of a whole column, held against bounds."""

from __future__ import annotations

from typing import Any

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms.form import Fields, Form
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.expectations import CheckKind, Statistic


def _quantile(fields: Fields, owner: Node) -> dict[str, Any] | None:
    q = fields["q"].number() if "q" in fields else None
    if "q" not in fields:
        owner.wrong("'q' is missing: the quantile, from 0 to 1")
    elif q is not None and not 0 <= q <= 1:
        fields["q"].wrong(f"expected a quantile from 0 to 1, found {q}")
        q = None
    found = values.bounds(fields, owner, numeric=True)
    if q is None or found is None:
        return None
    return {"statistic": Statistic.QUANTILE, "quantile": float(q), "bounds": found}


def _statistic(statistic: Statistic) -> Form:
    extremes = (Statistic.MIN, Statistic.MAX)  # of times and text, too; a mean is of numbers only

    def read(fields: Fields, owner: Node) -> dict[str, Any] | None:
        found = values.bounds(fields, owner, numeric=statistic not in extremes)
        return {"statistic": statistic, "bounds": found} if found else None

    return Form(kind=CheckKind.STATISTIC, keys=values.BOUND_KEYS, read=read)


FORMS = {
    "min": _statistic(Statistic.MIN),
    "max": _statistic(Statistic.MAX),
    "mean": _statistic(Statistic.MEAN),
    "stddev": _statistic(Statistic.STDDEV),
    "sum": _statistic(Statistic.SUM),
    "quantile": Form(
        kind=CheckKind.STATISTIC,
        keys=("q", *values.BOUND_KEYS),
        read=_quantile,
        named=lambda own: f"quantile({own['quantile']:g})",
    ),
}
