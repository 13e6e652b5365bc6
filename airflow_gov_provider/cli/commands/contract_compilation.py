"""``airflow governance contract compile``"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow_gov_provider.cli.border import FAILED, command, note
from airflow_gov_provider.cli.contract_files import contract_of
from airflow_gov_provider.cli.rendering import print_json, shown
from airflow_gov_provider.domain.quality.occasions import Occasion, settled
from airflow_gov_provider.hooks.governance import utcnow
from airflow_gov_provider.profiling.compiling import Compiled, compiled


@command
def compile_(args: Any) -> None:
    """The statements are on stdout; what cannot be asked stands in comments below them."""
    read = contract_of(args.contract, object_name=args.object, code=FAILED)
    contract = settled(read, _run_of_now())
    table = args.table or contract.object_name or contract.name
    found = compiled(contract.expectations, dialect=args.dialect, table=table)
    if args.output == "json":
        print_json(_as_json(found))
    else:
        print(as_script(found, title=f"{shown(contract)} on {shown(table)}"), end="")
    if found.refused:
        note(f"{len(found.refused)} of the checks cannot be asked of {args.dialect}")


def _run_of_now() -> Occasion:
    """A run of this moment over the last day, for checks that are relative to a run."""
    now = utcnow()
    return Occasion(now=now, logical=now, start=now - timedelta(days=1), end=now)


def as_script(found: Compiled, *, title: str) -> str:
    """The statements with a semicolon after each, and the rest as comments."""
    lines = [f"-- {title}, for {found.dialect}"]
    lines += [f"{statement};" for statement in found.settings]
    lines += [f"\n{statement};" for statement in found.statements]
    if found.by_columns:
        lines += ["", "-- Answered by the names and types of the columns:"]
        lines += [f"--   {_comment(check)}" for check in found.by_columns]
    if found.refused:
        lines += ["", "-- Cannot be asked, and would be INSUFFICIENT:"]
        lines += [
            f"--   {_comment(check)}: {_comment(why)}" for check, why in found.refused.items()
        ]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    """One line, which cannot end the comment."""
    return shown(" ".join(text.split()))


def _as_json(found: Compiled) -> dict[str, Any]:
    return {
        "dialect": found.dialect,
        "settings": list(found.settings),
        "statements": list(found.statements),
        "by_columns": list(found.by_columns),
        "refused": dict(found.refused),
    }
