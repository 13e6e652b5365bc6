"""The one door: whatever a contract is given as, out comes a Contract or all of its problems."""

from __future__ import annotations

from typing import Any

from airflow_gov_provider.domain.contracts import native, odcs
from airflow_gov_provider.domain.contracts.documents import (
    Source,
    digest_of,
    name_of,
    read_document,
)
from airflow_gov_provider.domain.contracts.foreign_files import is_foreign
from airflow_gov_provider.domain.contracts.model import Contract
from airflow_gov_provider.domain.contracts.problems import Node, Problems
from airflow_gov_provider.exceptions import ContractInvalid


def load(contract: Source, *, object_name: str | None = None) -> Contract:
    """Read a contract.

    :param contract: a path, YAML text (it has a line break or starts with a brace), or a mapping.
    :param object_name: which schema object of an ODCS contract; needed if there are several.
    :raises ContractInvalid: with every problem of the document at once.
    """
    name = name_of(contract)
    document = read_document(contract)
    try:
        digest = digest_of(document)
    except ValueError as error:
        raise ContractInvalid(name, [str(error)]) from error
    problems = Problems()
    made = _read(Node(document, "", problems), document, digest, object_name)
    if made is None or problems.found:
        raise ContractInvalid(name, problems.found)
    return made


def _read(
    root: Node, document: dict[str, Any], digest: str, object_name: str | None
) -> Contract | None:
    if is_foreign(root):
        return None
    if "apiVersion" in document or "kind" in document:
        return odcs.read(root, digest=digest, object_name=object_name)
    if object_name is not None:
        root.wrong(
            f"object_name={object_name!r} (or --object) chooses a schema object of ODCS, and this "
            "contract is in the native format, which describes one table; leave it out"
        )
    return native.read(root, digest=digest)
