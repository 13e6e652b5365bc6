"""What a contract is once it has been read."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.domain.verdicts import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEvaluated:
    """Something the document asks of the data that this package cannot answer.

    It becomes an INSUFFICIENT finding, so that nobody takes silence for a pass.

    :param kind: ``manual`` for a rule in plain words that a person has to check, otherwise what the
        document calls it (``custom``, ``sql``, ``sla``, ``option``, ``nested``, ``relationship``).
    :param expected: what the document asks, in words.
    """

    check_id: str
    kind: str
    subject: str
    expected: str
    reason: str
    severity: Severity = Severity.ERROR
    place: str = ""
    dimension: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A data contract for one table.

    :param format: ``native`` or ``odcs``.
    :param format_version: of ODCS, its ``apiVersion``.
    :param object_name: the schema object of an ODCS contract that was chosen.
    :param outside: statements that are not about the content of the data (support times, end of
        life), each with its place; they are recorded and not judged.
    :param digest: SHA-256 of the document's canonical JSON.
    """

    id: str
    version: str
    name: str
    format: str
    expectations: tuple[Expectation, ...]
    not_evaluated: tuple[NotEvaluated, ...] = ()
    outside: tuple[str, ...] = ()
    digest: str
    format_version: str | None = None
    object_name: str | None = None

    def __str__(self) -> str:
        return f"{self.id} {self.version}"
