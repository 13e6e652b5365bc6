"""What texts may look like: simpler words that come down to one regular expression."""

from __future__ import annotations

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.text import TextLike
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.planning.validity import expect_text
from airflow_gov_provider.profiling.plans import Plan, Planner


def _text_like(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    wanted = expectation.parameters
    if not isinstance(wanted, TextLike):
        raise Unmeasurable("the check does not say what the text is like")
    column = planner.column(expectation.columns[0])
    expect_text(column, "pattern")
    matches = planner.dialect.matches(column, wanted.pattern)
    failing = matches if wanted.is_negated else exp.not_(matches)
    return planner.failing_rows(expectation, where, scope=[column], failing=failing)


PLANS = {TextLike.kind: _text_like}
