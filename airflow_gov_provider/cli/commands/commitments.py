"""``airflow governance sla lint`` and ``sla commitments``"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow_gov_provider.cli import pages
from airflow_gov_provider.cli.border import command
from airflow_gov_provider.cli.rendering import Column, print_json
from airflow_gov_provider.domain.sla.commitments import Commitment, Kind
from airflow_gov_provider.hooks.commitment_files import load_promises
from airflow_gov_provider.hooks.governance import governance_transaction
from airflow_gov_provider.store.promises.commitments import (
    CommitmentFilter,
    StoredCommitment,
    page_of_commitments,
)

_COLUMNS = (
    Column(title="DAG", kept=True),
    Column(title="NAME", kept=True),
    Column(title="PROMISED", kept=True),
    Column(title="SEVERITY", whole=True),
    Column(title="TARGET", whole=True),
    Column(title="OWNER"),
    Column(title="SINCE (UTC)", whole=True),
    Column(title="SOURCE"),
)


@command
def lint(args: Any) -> None:
    """Every problem is on stderr with its line, and the exit code is 1."""
    found = load_promises(Path(args.file))
    promises = sum(len(entry.promises) for entry in found.entries)
    floors = sum(entry.is_floor for entry in found.entries)
    print(
        f"{args.file}: {len(found.entries)} entries with {promises} promises, {floors} of them "
        f"floors; {len(found.calendars)} calendars"
    )


@command
def list_commitments(args: Any) -> None:
    filters = CommitmentFilter(
        dag_id=args.dag_id, owner=args.owner, is_retired=None if args.all else False
    )
    with governance_transaction() as connection:
        found, more = pages.read(
            lambda before, limit: page_of_commitments(
                connection, filters, before=before, limit=limit
            ),
            limit=args.limit,
        )
    if args.output == "json":
        print_json([_item(one) for one in found])
        return
    empty = "Nothing is promised; deadline=sla(...) in a Dag and [governance] commitments promise."
    pages.print_list(_COLUMNS, [_row(one) for one in found], more=more, when_empty=empty)


def _row(stored: StoredCommitment) -> tuple[object, ...]:
    terms = stored.terms
    return (
        terms.dag_id,
        terms.name if stored.retired_at is None else f"{terms.name} (retired)",
        promised(terms),
        terms.severity.value,
        f"{terms.target:.4g}",
        terms.owner,
        stored.declared_at,
        terms.source,
    )


def promised(terms: Commitment) -> str:
    """The promise in a few words."""
    if terms.kind is Kind.BY and terms.by is not None:
        return f"by {terms.by.isoformat(timespec='minutes')} {terms.tz}"
    if terms.kind is Kind.ASSET:
        return f"at most {terms.within} old"
    origin = terms.counts_from.value.replace("_", " ") if terms.counts_from else "queued"
    return f"within {terms.within} from {origin}"


def _item(stored: StoredCommitment) -> dict[str, Any]:
    return {
        "commitment_id": stored.commitment_id,
        "declared_at": stored.declared_at.isoformat(),
        "updated_at": stored.updated_at.isoformat(),
        "retired_at": stored.retired_at and stored.retired_at.isoformat(),
        **stored.terms.content,
    }
