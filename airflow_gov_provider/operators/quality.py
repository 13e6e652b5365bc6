"""The gate between data and whatever is built on it."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.contracts import Contract
from airflow_gov_provider.domain.evidence import EvidenceKind
from airflow_gov_provider.domain.quality import occasions
from airflow_gov_provider.domain.quality.evaluation import evaluate
from airflow_gov_provider.domain.quality.expectations import Profile
from airflow_gov_provider.domain.quality.occasions import Occasion
from airflow_gov_provider.domain.quality.quarantine import Quarantine, Stamp
from airflow_gov_provider.domain.quality.recollection import DATA_AS_WRITTEN, occasion_recorded
from airflow_gov_provider.domain.verdicts import Finding, OnFail, Report, Verdict
from airflow_gov_provider.exceptions import ArgumentInvalid, GovernanceError
from airflow_gov_provider.hooks.governance import utcnow
from airflow_gov_provider.operators.base import (
    GovernanceOperator,
    checked,
    model_ref,
    origin_of,
    settle,
)
from airflow_gov_provider.operators.going_on import why_it_goes_on
from airflow_gov_provider.operators.lineage import Lineage, quality_lineage
from airflow_gov_provider.operators.occasions import digest_as_written, occasion_of
from airflow_gov_provider.operators.quality_source import (
    DataSource,
    data_source,
    problem_as_written,
)

if TYPE_CHECKING:
    from airflow.sdk import Context


class DataQualityGate(GovernanceOperator):
    """Hold a table or a set of files to a data contract, and let nobody pass otherwise.

    The contract is read, and all its mistakes are reported, before any data is. The report is
    committed as evidence before the task succeeds or fails.

    The contract and ``on_fail`` are not templated, so who triggers a run cannot weaken it.
    ``source``, ``table`` and ``query`` are: an author who fills them from ``dag_run.conf`` decides
    that whoever triggers may choose the data.

    :param contract: a file path, YAML text, or a mapping; the native format or ODCS v3.0/3.1.
    :param source: path or glob of Parquet or CSV files; an address in an object store that the
        settings name; or a ``.duckdb`` file, which needs ``table`` or ``query`` (templated).
    :param conn_id: an Airflow connection to PostgreSQL, SQLite or a warehouse; needs ``table``
        or ``query``.
    :param table: name of a table or view, ``schema.table`` where it needs a schema (templated).
    :param query: one SELECT whose rows are checked (templated).
    :param object_name: which schema object of an ODCS contract with several.
    :param on_fail: ``block`` fails the task, ``review`` records the verdict for a person to decide
        upon, ``warn`` records it as a warning; with both the task goes on, and its log says why.
    :param quarantine: a directory for what ``source`` names, a table of the same database for a
        connection, or a ``Quarantine`` with a limit: the rows that fail a check are written there,
        and the evidence tells how many and where. Without it no row is written anywhere.
    :param model_name: a registered model that the evidence speaks for (templated).
    :param model_version: its version (templated).
    :raises ArgumentInvalid: when the Dag is parsed, for arguments that cannot work.
    :raises ContractInvalid: when the Dag is parsed, for mistakes in an inline contract.
    """

    template_fields = ("source", "table", "query", "model_name", "model_version")
    ui_color = "#d5e8d4"

    def __init__(
        self,
        *,
        contract: str | PathLike[str] | Mapping[str, Any],
        source: str | PathLike[str] | None = None,
        conn_id: str | None = None,
        table: str | None = None,
        query: str | None = None,
        object_name: str | None = None,
        on_fail: str | OnFail = OnFail.BLOCK,
        quarantine: str | PathLike[str] | Quarantine | None = None,
        model_name: str | None = None,
        model_version: str | int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.contract = contract
        self.source = fspath(source) if isinstance(source, PathLike) else source
        self.conn_id = conn_id
        self.table = table
        self.query = query
        self.object_name = object_name
        self.model_name = model_name
        self.model_version = model_version
        self._data_as_written = digest_as_written(self.source, conn_id, table, query)
        self.on_fail, self.quarantine, _ = checked(
            self.task_id,
            lambda: _on_fail(on_fail),
            lambda: _quarantine(quarantine),
            lambda: _require_one_source(source=source, conn_id=conn_id, table=table, query=query),
        )
        if contracts.is_inline(contract):
            contracts.load(contract, object_name=object_name)

    def govern(self, context: Context) -> dict[str, Any]:
        contract = contracts.load(self.contract, object_name=self.object_name)
        model = model_ref(self.model_name, self.model_version)
        data = data_source(
            source=self.source, conn_id=self.conn_id, table=self.table, query=self.query
        )
        occasion = occasion_of(context, contract.expectations, data=self._data_as_written)
        contract = occasions.settled(contract, occasion)
        profile = data.profile(contract.expectations)
        report = evaluate(contract, profile, now=utcnow())
        self._tell(contract, profile, report)
        aside, problem = self._put_aside(context, contract, data, profile)
        settled = settle(
            context,
            report,
            kind=EvidenceKind.QUALITY,
            on_fail=self.on_fail,
            body={
                **_body(contract, data, profile, occasion),
                DATA_AS_WRITTEN: self._data_as_written,
                **aside,
            },
            model=model,
            recorded=self.remember,
        )
        if problem is not None:
            raise problem
        if why := why_it_goes_on(report.verdict, self.on_fail, settled):
            self.log.warning("%s", why)
        return settled

    def _put_aside(
        self, context: Context, contract: Contract, data: DataSource, profile: Profile
    ) -> tuple[dict[str, Any], GovernanceError | None]:
        """What the evidence tells of the quarantine, and why it could not be written.

        The verdict is recorded in either case; a gate that lets pass raises the reason afterwards,
        since its author counts on the rows being there.
        """
        if self.quarantine is None:
            return {}, None
        stamp = Stamp(
            origin=origin_of(context),
            contract=contract.id,
            version=contract.version,
            recorded_at=utcnow().isoformat(timespec="seconds"),
        )
        try:
            kept = data.put_aside(contract.expectations, profile, spec=self.quarantine, stamp=stamp)
        except GovernanceError as error:
            self.log.warning("No row was put aside: %s", error)
            return {"quarantine": {"place": None, "error": str(error)}}, error
        where = f"are put aside in {kept.place}" if kept.place else "had to be put aside"
        more = "; further ones beyond this limit are not" if kept.reached_limit else ""
        self.log.info("%d rows %s%s", kept.rows, where, more)
        return {"quarantine": kept.as_json()}, None

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Lineage | None:
        """For the listener of OpenLineage's provider, where somebody runs it."""
        del task_instance
        return quality_lineage(self.evidence)

    def get_openlineage_facets_on_failure(self, task_instance: Any) -> Lineage | None:
        """A gate that blocks has recorded what it found, too."""
        return self.get_openlineage_facets_on_complete(task_instance)

    def _tell(self, contract: Contract, profile: Profile, report: Report) -> None:
        """What a Dag author wants to see: the contract, the data, and a line a finding."""
        self.log.info(
            "Contract %s (%s, sha256 %s) on %s: %d rows, %d columns, %d SQL statements",
            contract,
            contract.format_version or contract.format,
            contract.digest[:12],
            profile.source,
            profile.rows,
            len(profile.columns),
            profile.statements,
        )
        width = max((len(finding.check) for finding in report.findings), default=0)
        for finding in report.findings:
            tell = self.log.info if finding.verdict is Verdict.PASSED else self.log.warning
            tell("%s", _line(finding, width))
        for statement in contract.outside:
            self.log.info("Not about the data, not judged: %s", statement)
        self.log.info("%s", report.summary())


def _line(finding: Finding, width: int) -> str:
    """``FAILED        age.range  expected >= 17 and <= 90; found 20 of 45222 rows fail``."""
    weak = f" [{finding.severity}]" if finding.verdict is not finding.weight else ""
    found = "" if finding.observed is None else f"; found {finding.observed}"
    reason = f" ({finding.reason})" if finding.reason else ""
    line = f"{finding.verdict:<12}  {finding.check:<{width}}  expected {finding.expected}"
    return f"{line}{found}{reason}{weak}"


def _body(
    contract: Contract, data: DataSource, profile: Profile, occasion: Occasion
) -> dict[str, Any]:
    return {
        "contract": {
            "id": contract.id,
            "version": contract.version,
            "name": contract.name,
            "format": contract.format,
            "format_version": contract.format_version,
            "object": contract.object_name,
            "digest": contract.digest,
            "outside": contract.outside,
        },
        "source": data.described(),
        "rows": profile.rows,
        "columns": dict(profile.columns),
        "statements": profile.statements,
        "occasion": occasion_recorded(occasion),
    }


def _on_fail(value: str | OnFail) -> OnFail:
    try:
        return OnFail(value)
    except ValueError:
        choices = ", ".join(repr(choice.value) for choice in OnFail)
        raise ArgumentInvalid(f"on_fail: expected one of {choices}, found {value!r}") from None


def _quarantine(value: str | PathLike[str] | Quarantine | None) -> Quarantine | None:
    if value is None or isinstance(value, Quarantine):
        return value
    if not isinstance(value, (str, PathLike)):
        raise ArgumentInvalid(
            f"quarantine: expected a place or a Quarantine, found {type(value).__name__}"
        )
    return Quarantine(to=fspath(value))


def _require_one_source(**arguments: Any) -> None:
    """Files, or a connection or a database file with a table or a query."""
    given = {name for name, value in arguments.items() if value is not None}
    tables = [{place, part} for place in ("source", "conn_id") for part in ("table", "query")]
    if given in ({"source"}, *tables):
        problem = problem_as_written(*(arguments[key] for key in ("source", "table", "query")))
        if problem is not None:
            raise ArgumentInvalid(f"source={fspath(arguments['source'])!r}: {problem}")
        return
    found = ", ".join(sorted(given)) or "none of them"
    raise ArgumentInvalid(
        "the data is expected either as source= (files; of a .duckdb file with table= or query=), "
        "or as conn_id= with table= or query=; "
        f"found {found}"
    )
