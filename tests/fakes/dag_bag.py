"""Dags written into the tables of a real Airflow by Airflow itself, as its dag-processor does."""

from __future__ import annotations

from typing import Any

from fakes.metadata import BEGIN, Metadata
from sqlalchemy import func, insert, select, update

BUNDLE = "tests"


class DagBag(Metadata):
    """Also with what is known of Dags, their versions, their deadlines and assets."""

    @property
    def tables(self) -> tuple[Any, ...]:
        from airflow.models.base import Base

        names = (
            "deadline",
            "callback",
            "deadline_alert",
            "serialized_dag",
            "dag_code",
            "dag_version",
            "dag_tag",
            "dag_owner_attributes",
            "task_outlet_asset_reference",
            "asset_active",
            "asset",
            "dag",
            "import_error",
            "dag_bundle",
        )
        return (*super().tables, *(Base.metadata.tables[name] for name in names))

    def parse(self, dag: Any) -> bool:
        """What the dag-processor does with a Dag that it has parsed.

        :returns: whether a version began.
        """
        from airflow.dag_processing.collection import update_dag_parsing_results_in_db
        from airflow.models.dagbundle import DagBundleModel
        from airflow.serialization.serialized_objects import LazyDeserializedDAG
        from airflow.utils.session import create_session

        self.change("serialized_dag", last_updated=BEGIN)  # else it would wait for half a minute
        before = self.count("dag_version")
        with create_session(scoped=False) as session:
            if session.get(DagBundleModel, BUNDLE) is None:
                session.execute(insert(DagBundleModel.__table__).values(name=BUNDLE, active=True))
            dag.relative_fileloc = "tests.py"
            lazy = [LazyDeserializedDAG.from_dag(dag)]
            errors: dict[Any, Any] = {}
            parsed = {(BUNDLE, "tests.py")}
            update_dag_parsing_results_in_db(
                BUNDLE, None, lazy, errors, None, set(), session, files_parsed=parsed
            )
            assert not errors
        return self.count("dag_version") > before

    def break_file(self) -> None:
        """What the dag-processor does when the file of all Dags cannot be imported any more."""
        from airflow.dag_processing.collection import update_dag_parsing_results_in_db
        from airflow.utils.session import create_session

        errors = {(BUNDLE, "tests.py"): "SyntaxError"}
        with create_session(scoped=False) as session:
            update_dag_parsing_results_in_db(BUNDLE, None, [], errors, None, set(), session)

    def create_run(self, dag_id: str, run_id: str = "run") -> None:
        """What the scheduler or the api-server does when a run is asked for."""
        from airflow.models.dagbag import DBDagBag
        from airflow.utils.db import synchronize_log_template
        from airflow.utils.session import create_session
        from airflow.utils.state import DagRunState
        from airflow.utils.types import DagRunTriggeredByType, DagRunType

        with create_session(scoped=False) as session:
            synchronize_log_template(session=session)
        with create_session(scoped=False) as session:
            dag = DBDagBag().get_latest_version_of_dag(dag_id, session=session)
            dag.create_dagrun(
                run_id=run_id,
                logical_date=BEGIN,
                data_interval=(BEGIN, BEGIN),
                run_after=BEGIN,
                run_type=DagRunType.MANUAL,
                triggered_by=DagRunTriggeredByType.TEST,
                state=DagRunState.QUEUED,
                session=session,
            )

    def table(self, name: str) -> Any:
        (found,) = (table for table in self.tables if table.name == name)
        return found

    def change(self, name: str, **values: Any) -> None:
        """Give all rows of a table these values."""
        self._do(update(self.table(name)).values(**values))

    def count(self, name: str) -> int:
        from airflow.utils.session import create_session

        with create_session(scoped=False) as session:
            return int(session.scalar(select(func.count()).select_from(self.table(name))))
