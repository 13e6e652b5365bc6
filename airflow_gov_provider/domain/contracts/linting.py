"""Everything that can be said of a contract's text before any data is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_gov_provider.domain.contracts.documents import as_mapping, parse_yaml
from airflow_gov_provider.domain.contracts.loading import load
from airflow_gov_provider.domain.contracts.model import Contract, NotEvaluated
from airflow_gov_provider.domain.contracts.odcs.severities import unstated_severities
from airflow_gov_provider.domain.contracts.positions import Located, Positions
from airflow_gov_provider.domain.contracts.suspicions import suspicions
from airflow_gov_provider.exceptions import ContractInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Unevaluated:
    """A statement that no gate answers, and where it stands."""

    statement: NotEvaluated
    at: Located


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """What was found in one text.

    :param contracts: one a schema object; none if there are errors.
    :param errors: why no gate would take it.
    :param warnings: what a gate takes and its author hardly meant.
    """

    contracts: Sequence[Contract] = ()
    errors: Sequence[Located] = ()
    warnings: Sequence[Located] = ()
    not_evaluated: Sequence[Unevaluated] = ()


def lint_text(text: str, *, name: str) -> Lint:
    """Read a contract, every one of its schema objects, and note all that is wrong with it.

    :param name: what error messages call it.
    """
    positions = Positions(text)
    try:
        document = as_mapping(parse_yaml(text, name), name)
        contracts = read_all(document)
    except ContractInvalid as error:
        return Lint(errors=positions.of_problems(error.problems))
    return Lint(
        contracts=contracts,
        warnings=_once(
            positions.of_place(place, message)
            for place, message in (
                *unstated_severities(document),
                *(each for contract in contracts for each in suspicions(contract)),
            )
        ),
        not_evaluated=[
            Unevaluated(statement=each, at=positions.of_place(each.place, each.reason))
            for contract in contracts
            for each in contract.not_evaluated
        ],
    )


def read_all(document: Any) -> list[Contract]:
    """One contract for each schema object of a document; a native one has a single table.

    :raises ContractInvalid: with the problems of all objects, each once.
    """
    names = object_names(document)
    if len(names) < 2:  # noqa: PLR2004 - nothing to choose from
        return [load(document)]
    contracts: list[Contract] = []
    problems: dict[str, None] = {}
    source = ""
    for name in names:
        try:
            contracts.append(load(document, object_name=name))
        except ContractInvalid as error:
            problems |= dict.fromkeys(error.problems)
            source = error.source
    if problems:
        raise ContractInvalid(source, list(problems))
    return contracts


def object_names(document: Any) -> list[str]:
    """The schema objects of an ODCS document, each once."""
    schema = document.get("schema") if isinstance(document, Mapping) else None
    if not isinstance(schema, list):
        return []
    names = [each.get("name") for each in schema if isinstance(each, Mapping)]
    return list(dict.fromkeys(name for name in names if isinstance(name, str) and name.strip()))


def _once(items: Iterable[Located]) -> list[Located]:
    found = dict.fromkeys(items)
    return sorted(found, key=lambda each: (each.line or 0, each.column or 0))
