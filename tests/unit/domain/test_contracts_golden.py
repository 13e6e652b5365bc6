"""Whole documents, and what was read from them: every check, or every problem with its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.contracts import Contract
from airflow_gov_provider.domain.quality.phrases import expected_words
from airflow_gov_provider.exceptions import ContractInvalid

REPOSITORY = Path(__file__).parents[3]
GOLDEN = REPOSITORY / "tests" / "golden" / "contracts"
OBJECTS = {"odcs_31_every_part": "orders"}


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_document_is_read_as_it_was_before(path: Path):
    """GOLDEN_UPDATE=1 rewrites the files; read the difference before you commit it."""
    try:
        read = described(contracts.load(path, object_name=OBJECTS.get(path.stem)))
    except ContractInvalid as error:
        read = "".join(f"{problem}\n" for problem in error.problems)
    expected = path.with_suffix(".txt")
    if os.environ.get("GOLDEN_UPDATE"):
        expected.write_text(read)
    assert read == expected.read_text()


def described(contract: Contract) -> str:
    lines = [f"{contract.name} = {contract} ({contract.format} {contract.format_version})", ""]
    for check in contract.expectations:
        mild = "" if check.severity == "error" else f" [{check.severity}]"
        lines.append(
            f"{check.check_id}{mild}: {check.kind}({check.subject}) {expected_words(check)}"
        )
        lines.append(f"    {check.place}")
    lines += ["", "not evaluated:"]
    for asked in contract.not_evaluated:
        lines.append(
            f"{asked.check_id} [{asked.severity}]: {asked.kind}({asked.subject}) "
            f"{asked.expected} -- {asked.reason}"
        )
        lines.append(f"    {asked.place}")
    lines += ["", "outside:", *contract.outside]
    return "\n".join(lines) + "\n"
