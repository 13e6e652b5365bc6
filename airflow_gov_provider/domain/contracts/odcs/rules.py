"""``quality`` rules: library metrics, SQL, rules in plain words, and rules of other engines.

* A value that is NULL is not invalid; ``nullValues`` and ``missingValues`` ask about it.
* ``duplicateValues`` counts all rows that share their key with another row.
* A percentage is taken of all rows of the table.
* A rule without an operator is a mistake, except the ``validValues`` of v3.0, which means none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.checks import in_list
from airflow_gov_provider.domain.contracts.documents import parse_yaml
from airflow_gov_provider.domain.contracts.drafts import Draft
from airflow_gov_provider.domain.contracts.forms.custom import SqlValue
from airflow_gov_provider.domain.contracts.odcs import limits as operators
from airflow_gov_provider.domain.contracts.odcs import metrics, sql, terms
from airflow_gov_provider.domain.contracts.odcs.tables import Asked, Table
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import CheckKind, Expectation, Limit
from airflow_gov_provider.domain.verdicts import Severity
from airflow_gov_provider.exceptions import ContractInvalid

OUR_ENGINES = frozenset({"airflow-gov", "airflow-gov-provider", "airflow_gov_provider"})
_TYPES = ("library", "sql", "text", "custom")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule with what every sort of rule has.

    :param column: the physical column it stands under; None at the object.
    :param check_id: from the author's own ``id``, which is unique within that column or object.
    :param word: from the author's ``name``, which need not be unique.
    """

    node: Node
    fields: Mapping[str, Node]
    table: Table
    column: str | None
    check_id: str | None
    word: str | None
    severity: Severity
    shared: dict[str, Any]

    @property
    def subject(self) -> str:
        return self.column or "table"

    def cannot(self, asked: Asked, kind: str, *, expected: str, reason: str) -> None:
        asked.cannot(
            kind,
            place=self.node.place,
            subject=self.subject,
            expected=expected,
            reason=reason,
            check_id=self.check_id,
            severity=self.severity,
            dimension=self.shared.get("dimension"),
        )


def read_rules(node: Node, *, table: Table, column: str | None, asked: Asked) -> None:
    for item in node.items():
        fields = item.fields(terms.RULE)
        if fields:
            _read_rule(item, fields, table=table, column=column, asked=asked)
        elif isinstance(item.value, Mapping) and not item.value:
            item.wrong("the rule is empty")


def _read_rule(
    node: Node, fields: dict[str, Node], *, table: Table, column: str | None, asked: Asked
) -> None:
    sort = _sort(node, fields)
    mild = Severity.WARNING if sort == "text" else Severity.ERROR
    level = terms.severity(fields.get("severity"), default=mild)
    rule = Rule(
        node=node,
        fields=fields,
        table=table,
        column=column,
        check_id=_under(column, fields["id"].text() if "id" in fields else None),
        word=_under(column, _slug(fields)),
        severity=level,
        shared={
            "severity": level,
            "dimension": terms.dimension(fields.get("dimension")),
            "description": _description(fields),
        },
    )
    if sort == "library":
        _library(rule, asked)
    elif sort == "sql":
        _sql(rule, asked)
    elif sort == "custom":
        _custom(rule, asked)
    elif sort == "text":
        _text(rule, asked)


def _sort(node: Node, fields: Mapping[str, Node]) -> str | None:
    if "type" in fields:
        return fields["type"].choice(_TYPES)
    if "metric" in fields or "rule" in fields:
        return "library"
    if "query" in fields:
        return "sql"
    node.lacks(
        "'metric' is missing (or 'type', for a rule of type sql, text or custom)",
        *("metric", "type", "query"),
    )
    return None


def _under(column: str | None, word: str | None) -> str | None:
    return f"{column}.{word}" if column and word else word


def _slug(fields: Mapping[str, Node]) -> str | None:
    name = fields["name"].text() if "name" in fields else None
    return re.sub(r"\W+", "_", name.strip().lower()).strip("_") or None if name else None


def _description(fields: Mapping[str, Node]) -> str | None:
    texts = [fields[key].text() for key in ("description", "businessImpact") if key in fields]
    if "businessImpact" in fields and texts and texts[-1]:
        texts[-1] = f"business impact: {texts[-1]}"
    return "; ".join(text for text in texts if text) or None


def _limits(rule: Rule, *, needed: bool = True) -> tuple[Limit, ...] | None:
    """The operators; None after a problem."""
    percent = False
    if "unit" in rule.fields:
        unit = rule.fields["unit"].choice(("rows", "percent"))
        percent = unit == "percent"
    found = operators.limits(rule.fields, percent=percent)
    if found == () and needed:
        rule.node.lacks("an operator is missing, such as 'mustBe: 0'", *terms.OPERATORS)
        return None
    return found


def _library(rule: Rule, asked: Asked) -> None:
    for key in ("query", "engine", "implementation"):
        if key in rule.fields:
            rule.fields[key].wrong(f"{key!r} does not belong to a library rule")
    given = rule.fields.get("metric") or rule.fields.get("rule")
    if given is None:
        rule.node.lacks("'metric' is missing", "metric")
        return
    metric = metrics.named(given)
    found = _limits(rule, needed=not (metric == "invalidValues" and "validValues" in rule.fields))
    if metric is None or found is None:
        return
    if metric != "rowCount" and operators.allows_no_row(found):
        found = ()
    checks = metrics.checks(
        metric, rule.fields, rule.node, table=rule.table, column=rule.column, limited=bool(found)
    )
    for index, check in enumerate(checks):
        suffix = f".{check.word}" if index else ""
        asked.check(
            check.kind,
            columns=check.columns,
            word=check.word,
            base=rule.word,
            check_id=f"{rule.check_id}{suffix}" if rule.check_id else None,
            place=rule.node.place,
            limits=found,
            **check.fields,
            **rule.shared,
        )


def _sql(rule: Rule, asked: Asked) -> None:
    if "query" not in rule.fields:
        rule.node.lacks("'query' is missing", "query")
        return
    query = rule.fields["query"].text()
    numeric = _compares_numbers(rule)
    found = _limits(rule) if numeric else ()
    if query is None or found is None:
        return
    meant = sql.answerable(query, table=rule.table, column=rule.column) if numeric else None
    if meant is None and numeric and not any(limit.percent for limit in found):
        asked_as_is = sql.over_object(query, column=rule.column)
        if asked_as_is is not None:
            _ask_as_is(rule, asked, asked_as_is, found)
            return
    if meant is None or _percent_of_a_statistic(meant, found):
        rule.cannot(asked, "sql", expected=" ".join(query.split()), reason=sql.SUPPORTED)
        return
    where = Node(meant.where, rule.fields["query"].place, rule.node.problems)
    if meant.where is not None and values.condition(where) is None:
        return
    asked.check(
        meant.kind,
        columns=meant.columns,
        word="sql",
        base=rule.word or _under(rule.column, "sql"),
        check_id=rule.check_id,
        place=rule.node.place,
        where=meant.where,
        statistic=meant.statistic,
        limits=found,
        **rule.shared,
    )


def _ask_as_is(rule: Rule, asked: Asked, query: str, found: tuple[Limit, ...]) -> None:
    asked.check(
        SqlValue.kind,
        columns=(),
        word="sql",
        base=rule.word or _under(rule.column, "sql"),
        check_id=rule.check_id,
        place=rule.node.place,
        parameters=SqlValue(query=query),
        limits=found,
        **rule.shared,
    )


def _compares_numbers(rule: Rule) -> bool:
    """Whether the answer is compared with numbers; the standard allows true and false, too."""
    answers = [rule.fields[key].value for key in ("mustBe", "mustNotBe") if key in rule.fields]
    return all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in answers)


def _percent_of_a_statistic(meant: sql.Answerable, found: tuple[Limit, ...]) -> bool:
    return meant.kind is CheckKind.STATISTIC and any(limit.percent for limit in found)


def _text(rule: Rule, asked: Asked) -> None:
    words = rule.shared["description"]
    if not words:
        rule.node.wrong("a text rule needs a 'description'")
        return
    rule.cannot(
        asked, "manual", expected=words, reason="a rule in plain words; a person has to check it"
    )


def _custom(rule: Rule, asked: Asked) -> None:
    engine = rule.fields["engine"].text() if "engine" in rule.fields else None
    for key in ("engine", "implementation"):
        if key not in rule.fields:
            rule.node.lacks(f"{key!r} is missing", key)
    if not engine or "implementation" not in rule.fields:
        return
    if engine.strip().lower() not in OUR_ENGINES:
        rule.cannot(
            asked,
            "custom",
            expected=rule.shared["description"] or f"a rule of {engine}",
            reason=f"it is written for the engine {engine!r}; this gate evaluates 'airflow-gov'",
        )
        return
    written = _implementation(rule.fields["implementation"])
    made = in_list(written, column=rule.column) if written is not None else None
    if made is not None:
        asked.drafts.append(_with_shared(made, rule))


def _implementation(node: Node) -> Node | None:
    """A check of the native format, as a mapping or as YAML text; None after a problem."""
    if not isinstance(node.value, str):
        return node
    try:
        return Node(parse_yaml(node.value, "implementation"), node.place, node.problems)
    except ContractInvalid as error:
        for problem in error.problems:
            node.wrong(problem)
        return None


def _with_shared(made: Draft, rule: Rule) -> Draft:
    """The rule's own severity, description and identifier, where the check has none itself."""
    check = made.check
    if not isinstance(check, Expectation):
        return made
    own = rule.node.value.get("implementation")
    stated = own if isinstance(own, Mapping) else {}
    check = replace(
        check,
        severity=check.severity if "severity" in stated else rule.severity,
        description=check.description or rule.shared["description"],
        dimension=check.dimension or rule.shared["dimension"],
        place=rule.node.place,
    )
    if rule.check_id and not made.named:
        return Draft(check=replace(check, check_id=rule.check_id), named=True)
    return Draft(check=check, named=made.named)
