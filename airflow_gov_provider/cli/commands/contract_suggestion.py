"""``airflow governance contract suggest``"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from airflow_gov_provider.cli.border import command, fail, note
from airflow_gov_provider.cli.progress import step
from airflow_gov_provider.domain.contracts import load
from airflow_gov_provider.domain.contracts.observed import Observed
from airflow_gov_provider.domain.contracts.suggesting import written
from airflow_gov_provider.domain.contracts.suggesting_odcs import written as written_as_odcs
from airflow_gov_provider.domain.quality.evaluation import evaluate
from airflow_gov_provider.domain.verdicts import Verdict
from airflow_gov_provider.hooks.governance import utcnow
from airflow_gov_provider.profiling.observing import observe
from airflow_gov_provider.profiling.places.addresses import Opened, address, opened


@command
def suggest(args: Any) -> None:
    """The contract is on stdout, or in the file that was named."""
    from airflow_gov_provider.operators.quality_source import resources

    where = address(args.data, table=args.table, query=args.query)
    name = args.name or args.table or Path(args.data).name.partition(".")[0] or "suggested"
    now = utcnow()
    with opened(where, resources=resources()) as data:
        with step(f"looking at {where.shown}"):
            observed = observe(data.engine, data.relation, source=where.shown)
        with step("holding the data to the suggestions"):
            text = _that_holds(data, observed, name=name, now=now, format_=args.format)
    if args.output_file:
        _write(Path(args.output_file), text)
        note(f"{args.output_file} is written; read it before you rely on it")
    else:
        print(text, end="")


def _that_holds(data: Opened, observed: Observed, *, name: str, now: datetime, format_: str) -> str:
    """The contract without what its own data would not pass.

    What holds is found in the native format; ODCS says the same in other words.
    """
    write = written_as_odcs if format_ == "odcs" else written
    contract = load(written(observed, name=name, now=now))
    report = evaluate(contract, data.profile(contract.expectations), now=now)
    refused = {
        str(finding.details.get("place"))
        for finding in report.findings
        if finding.verdict is not Verdict.PASSED
    }
    for place in sorted(refused):
        note(f"{place} is left out: the data does not pass it, or cannot answer it")
    return write(observed, name=name, now=now, without=refused)


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        fail(f"{path} is there already; give the name of a new file")
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}")
