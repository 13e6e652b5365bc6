"""``airflow governance contract lint`` and ``contract diff``"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow_gov_provider.cli.border import FAILED, UNUSABLE, judging
from airflow_gov_provider.cli.contract_files import at, count, each_read, line_of
from airflow_gov_provider.cli.rendering import Column, print_json, print_table, shown
from airflow_gov_provider.domain.contracts.changes import Change, compare_all
from airflow_gov_provider.domain.contracts.comparing import Effect
from airflow_gov_provider.domain.contracts.documents import read_text
from airflow_gov_provider.domain.contracts.linting import Lint, Unevaluated, lint_text, read_all
from airflow_gov_provider.domain.contracts.model import Contract
from airflow_gov_provider.domain.contracts.positions import Located, Positions
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.domain.quality.occasions import Occasion, settled
from airflow_gov_provider.exceptions import ContractInvalid, GovernanceError
from airflow_gov_provider.hooks.governance import utcnow

_PLACEHOLDER = re.compile(r"\{\w+\}")  # of the table and its like
_CHANGES = (
    Column(title="effect", kept=True, whole=True),
    Column(title="breaking", kept=True, whole=True),
    Column(title="check", kept=True),
    Column(title="what", kept=True, whole=True),
    Column(title="before"),
    Column(title="after"),
)


@judging
def lint(args: Any) -> None:
    """Everything that was found is on stdout; the exit code is 1 if anything is an error."""
    found = [(file, _linted(file)) for file in args.files]
    unusable: GovernanceError | None = None
    if args.data:
        try:
            found = _against_data(found, args)
        except GovernanceError as error:
            unusable = error  # what was found in the files is told first
    if args.output == "json":
        print_json([_as_json(file, each) for file, each in found])
    else:
        for file, each in found:
            _print(file, each)
    if unusable is not None:
        raise unusable
    worst = any(each.errors or (args.strict and each.warnings) for _, each in found)
    if worst:
        raise SystemExit(FAILED)


@judging
def diff(args: Any) -> None:
    """Every schema object of both versions is compared with its namesake."""
    old, new = each_read([args.old, args.new], read_all, code=UNUSABLE)
    changes = compare_all(old, new)
    if args.output == "json":
        print_json([change.as_json() for change in changes])
    else:
        _print_changes(changes)
    if any(_counts(change, args.fail_on) for change in changes):
        raise SystemExit(FAILED)


def _counts(change: Change, fail_on: str) -> bool:
    if fail_on in ("any", "never"):
        return fail_on == "any"
    return change.is_breaking and (
        fail_on == "breaking" or change.effect.value in (fail_on, Effect.CHANGED)
    )


def _print_changes(changes: Sequence[Change]) -> None:
    if not changes:
        print("The two versions ask the same.")
        return
    print_table(
        _CHANGES,
        [
            (
                each.effect.value,
                "breaking" if each.is_breaking else None,
                ".".join(filter(None, (each.object_name, each.check or each.subject))),
                each.aspect,
                each.before,
                each.after,
            )
            for each in changes
        ],
    )
    breaking = sum(change.is_breaking for change in changes)
    print(f"\n{count(changes, 'change')}, {breaking} of them breaking")


def _linted(file: str) -> Lint:
    try:
        text = read_text(Path(file))
    except ContractInvalid as error:
        return Lint(errors=[Located(message=problem) for problem in error.problems])
    found = lint_text(text, name=file)
    return replace(found, errors=[*found.errors, *_unreadable(text, found.contracts)])


def _unreadable(text: str, contracts: Sequence[Contract]) -> list[Located]:
    """SQL that no database would read; a gate could only say so when it runs."""
    written = [
        (check, word, sql)
        for contract in contracts
        for check in contract.expectations
        for word, sql in _sql_of(check)
    ]
    if not written:
        return []
    from airflow_gov_provider.profiling.conditions import is_readable

    positions = Positions(text)
    return [
        positions.of_place(check.place, f"expected SQL as its {word}, found {sql!r}; correct it")
        for check, word, sql in written
        if not is_readable(_PLACEHOLDER.sub("t", sql))
    ]


def _sql_of(check: Expectation) -> Iterator[tuple[str, str]]:
    query = getattr(check.parameters, "query", None)
    for word, sql in (("where", check.where), ("condition", check.expression), ("query", query)):
        if sql is not None and "{{" not in sql:
            yield word, sql


def _against_data(found: Sequence[tuple[str, Lint]], args: Any) -> list[tuple[str, Lint]]:
    """What could not be measured on this data, as warnings.

    :raises SourceError: if the data cannot be opened.
    """
    from airflow_gov_provider.operators.quality_source import resources
    from airflow_gov_provider.profiling.measure import unanswerable
    from airflow_gov_provider.profiling.places.addresses import address, opened

    where = address(args.data, table=args.table, query=args.query)
    with opened(where, resources=resources()) as data:
        return [
            (
                file,
                replace(
                    each,
                    warnings=[
                        *each.warnings,
                        *_misfits(
                            file,
                            each.contracts,
                            lambda checks: unanswerable(data.engine, data.relation, checks),
                        ),
                    ],
                ),
            )
            for file, each in found
        ]


def _misfits(file: str, contracts: Sequence[Contract], ask: Any) -> list[Located]:
    positions = Positions(read_text(Path(file))) if contracts else None
    return [
        positions.of_place(check.place, f"{check.check_id}: {problem}")
        for contract in contracts
        for check, problem in ask(settled(contract, _some_run()).expectations)
        if positions is not None
    ]


def _some_run() -> Occasion:
    """Whether a table could answer does not depend on the day."""
    now = utcnow()
    return Occasion(now=now, logical=now, start=now - timedelta(days=1), end=now)


def _print(file: str, found: Lint) -> None:
    """One line each, so that editors and CI systems find the place."""
    for level, located in _levels(found):
        print(line_of(file, level, located))
    for each in found.not_evaluated:
        statement = each.statement
        print(
            f"{at(file, each.at)}: not evaluated: {shown(statement.check_id)} "
            f"[{statement.severity}]: {shown(statement.expected)} ({shown(statement.reason)})"
        )
    for contract in found.contracts:
        print(f"{file}: {_summary(contract)}")
    counts = f"{count(found.errors, 'error')}, {count(found.warnings, 'warning')}"
    print(f"{file}: {counts}, {len(found.not_evaluated)} not evaluated")


def _summary(contract: Contract) -> str:
    of = f", object {shown(contract.object_name)}" if contract.object_name else ""
    version = contract.format_version or ""
    form = f"{contract.format} {version}".strip()
    return (
        f"{shown(contract)} ({form}{of}): {len(contract.expectations)} checks, "
        f"{len(contract.not_evaluated)} not evaluated, {len(contract.outside)} not about the data"
    )


def _levels(found: Lint) -> list[tuple[str, Located]]:
    return [
        *(("error", each) for each in found.errors),
        *(("warning", each) for each in found.warnings),
    ]


def _as_json(file: str, found: Lint) -> dict[str, Any]:
    return {
        "file": file,
        "problems": [
            {"level": level, **_position(located), "message": located.message}
            for level, located in _levels(found)
        ],
        "not_evaluated": [_unevaluated(each) for each in found.not_evaluated],
        "contracts": [
            {
                "id": contract.id,
                "version": contract.version,
                "format": contract.format,
                "format_version": contract.format_version,
                "object": contract.object_name,
                "digest": contract.digest,
                "checks": [check.check_id for check in contract.expectations],
                "not_about_the_data": list(contract.outside),
            }
            for contract in found.contracts
        ],
    }


def _position(located: Located) -> dict[str, Any]:
    return {"place": located.place, "line": located.line, "column": located.column}


def _unevaluated(each: Unevaluated) -> dict[str, Any]:
    statement = each.statement
    return {
        "check": statement.check_id,
        "kind": statement.kind,
        "subject": statement.subject,
        "severity": statement.severity.value,
        "expected": statement.expected,
        "reason": statement.reason,
        **_position(each.at),
    }
