"""The table of commitments follows Dag code and files, as a real Airflow stores them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference
from fakes.dag_bag import DagBag
from sqlalchemy import create_engine

from airflow_gov_provider.collector.sla.catalog import Catalogue
from airflow_gov_provider.deadlines import sla
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.domain.sla.commitments import Commitment, Kind
from airflow_gov_provider.exceptions import ContractInvalid
from airflow_gov_provider.store.promises.commitments import CommitmentFilter, page_of_commitments

HOUR = timedelta(hours=1)


@pytest.fixture
def dag_bag(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagBag]:
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__SQL_ALCHEMY_CONN", store_url)
    made = DagBag()
    yield made
    made.clear()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "promises.yaml"


@pytest.fixture
def catalogue(file: Path) -> Catalogue:
    return Catalogue(paths=lambda: [file] if file.exists() else [], monotonic=lambda: 0.0)


def a_dag(dag_id="income", alerts=None, *, owner="ml", **more) -> DAG:
    default_args = {"owner": owner}
    with DAG(dag_id, schedule=None, deadline=alerts, default_args=default_args, **more) as dag:
        EmptyOperator(task_id="train")
    return dag


@pytest.fixture
def promised(store_url: str):
    def read() -> dict[tuple[str | None, str], Commitment]:
        engine = create_engine(store_url)
        with engine.connect() as connection:
            page = page_of_commitments(connection, CommitmentFilter(), limit=1000)
        engine.dispose()
        return {(one.terms.dag_id, one.terms.name): one.terms for one in page.items}

    return read


def test_the_promises_of_dag_code_are_in_the_table_and_its_owners(dag_bag, catalogue, promised):
    alerts = sla(within=HOUR, severity="high") + sla(by=time(10), tz="Europe/Berlin", owner="risk")
    dag_bag.parse(a_dag(alerts=alerts))

    assert catalogue.renew() == 2
    found = promised()
    run = found["income", "run from queued"]
    assert (run.subject, run.within, run.severity) == ("income", HOUR, Severity.HIGH)
    assert (run.owner, run.source) == ("ml", "dag")
    assert (found["income", "by"].by, found["income", "by"].owner) == (time(10), "risk")


@pytest.mark.parametrize(
    ("owners", "owner"),
    [
        ("risk, airflow, ml", "ml, risk"),
        ("ml,risk", "ml, risk"),
        ("airflow", None),
        ("", None),
        (", ".join(f"team-{number}" for number in range(200, 0, -1)), ...),
    ],
)
def test_an_owner_is_the_sorted_names_that_fit_and_not_the_one_of_tasks_that_name_none(
    dag_bag, catalogue, promised, owners, owner
):
    dag_bag.parse(a_dag(alerts=sla(within=HOUR)))
    dag_bag.change("dag", owners=owners)

    assert catalogue.renew() == 1
    found = promised()["income", "run from queued"].owner
    if owner is ...:
        assert len(found) == 250
        assert found.startswith("team-1, team-10, team-100, ")
    else:
        assert found == owner


def test_owners_in_another_order_are_no_change(dag_bag, catalogue):
    """Airflow takes them from a set, whose order differs from one process to the next."""
    dag_bag.parse(a_dag(alerts=sla(within=HOUR)))
    dag_bag.change("dag", owners="risk, ml, data")
    catalogue.renew()
    dag_bag.change("dag", owners="ml, data, risk")

    assert Catalogue(paths=list).renew() == 0


def test_nothing_is_read_again_where_nothing_changed(dag_bag, catalogue, monkeypatch):
    dag_bag.parse(a_dag(alerts=sla(within=HOUR)))
    assert catalogue.renew() == 1
    from airflow_gov_provider.collector.sla import catalog

    monkeypatch.setattr(catalog, "active_dags", lambda: pytest.fail("read again"))

    assert catalogue.renew() == 0


def test_alerts_of_others_are_left_alone(dag_bag, catalogue, promised):
    other = DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=HOUR,
        callback=AsyncCallback("somebody.elses.callback", kwargs={"commitment": {"name": "x"}}),
    )
    dag_bag.parse(a_dag(alerts=[other, *sla(within=HOUR)]))

    assert catalogue.renew() == 1
    assert list(promised()) == [("income", "run from queued")]


def test_a_changed_dag_changes_its_promise(dag_bag, catalogue, promised):
    dag_bag.parse(a_dag(alerts=sla(within=HOUR)))
    catalogue.renew()
    dag_bag.parse(a_dag(alerts=sla(within=2 * HOUR)))

    assert catalogue.renew() == 1
    assert promised()["income", "run from queued"].within == 2 * HOUR


@pytest.mark.parametrize("ran", [False, True])
def test_a_dag_that_promises_nothing_any_more_has_no_promise(dag_bag, catalogue, promised, ran):
    """Airflow leaves the rows of its alerts where no task instance belongs to the version."""
    dag_bag.parse(a_dag(alerts=sla(within=HOUR)))
    if ran:
        dag_bag.create_run("income")
    catalogue.renew()
    dag_bag.parse(a_dag())

    assert dag_bag.count("deadline_alert") == 1
    assert catalogue.renew() == 1
    assert promised() == {}


def test_only_the_newest_version_of_a_dag_counts(dag_bag, catalogue, promised):
    dag_bag.parse(a_dag(alerts=sla(within=HOUR, name="old")))
    dag_bag.create_run("income")
    assert dag_bag.parse(a_dag(alerts=sla(within=HOUR, name="new")))

    catalogue.renew()

    assert list(promised()) == [("income", "new")]


def test_a_dag_that_is_gone_takes_its_promises_with_it(dag_bag, catalogue, promised):
    dag_bag.parse(a_dag(alerts=sla(within=HOUR)))
    catalogue.renew()
    dag_bag.change("dag", is_stale=True)

    assert catalogue.renew() == 1
    assert promised() == {}


def test_a_dag_whose_file_is_broken_is_still_held_to_its_promises(dag_bag, catalogue, promised):
    """Airflow calls it stale; a morning without its run is a miss all the same."""
    dag_bag.parse(a_dag(alerts=sla(by=time(10))))
    catalogue.renew()
    dag_bag.break_file()
    (dag,) = dag_bag.rows("dag")
    assert dag.is_stale

    assert catalogue.renew() == 0
    assert list(promised()) == [("income", "by")]

    dag_bag._do(dag_bag.table("import_error").delete())  # the file is gone for good
    assert catalogue.renew() == 1
    assert promised() == {}


def test_a_calendar_that_two_files_describe_is_told(dag_bag, tmp_path, monkeypatch):
    files = [tmp_path / "one.yaml", tmp_path / "two.yaml"]
    for file in files:
        file.write_text("version: 1\ncalendars: {c: {weekdays: [mon]}}\n")
    monkeypatch.setenv("AIRFLOW__GOVERNANCE__COMMITMENTS", f"{files[0]}, {files[1]}")

    with pytest.raises(ContractInvalid, match=r"two\.yaml: another file describes a calendar 'c'"):
        Catalogue().renew()


def test_a_file_promises_for_the_dags_it_selects(dag_bag, catalogue, promised, file):
    dag_bag.parse(a_dag("income", tags=["production"]))
    dag_bag.parse(a_dag("credit", owner="risk"))
    dag_bag.parse(a_dag("sandbox", owner="nobody"))
    file.write_text(
        "version: 1\ncommitments:\n"
        "  - {select: {tag: production}, within: 1h}\n"
        "  - {select: {owner: risk}, tasks: {train: 10m}}\n"
        "  - {asset: s3://x, within: 1d}\n"
    )

    assert catalogue.renew() == 3
    found = promised()
    assert set(found) == {
        ("income", "run from queued"),
        ("credit", "task train"),
        (None, "asset s3://x"),
    }
    assert found["income", "run from queued"].source == "promises.yaml: commitments[0]"
    assert found[None, "asset s3://x"].kind is Kind.ASSET


def test_a_floor_holds_dag_code_and_says_so(dag_bag, catalogue, promised, file):
    dag_bag.parse(a_dag(alerts=sla(within=5 * HOUR)))
    file.write_text(
        "version: 1\ncommitments:\n"
        "  - {select: {dag_id: '*'}, within: 2h, severity: critical, floor: true}\n"
    )
    catalogue.renew()

    run = promised()["income", "run from queued"]
    assert (run.within, run.severity) == (2 * HOUR, Severity.CRITICAL)
    assert run.source == "dag, held to promises.yaml: commitments[0]"


def test_a_spoiled_file_stands_as_it_was_and_every_problem_is_told_until_it_is_repaired(
    dag_bag, catalogue, promised, file
):
    good = "version: 1\ncommitments:\n  - {select: {dag_id: '*'}, within: 2h}\n"
    file.write_text(good)
    dag_bag.parse(a_dag())
    catalogue.renew()
    file.write_text(good + "  - {select: {dag: x}, within: 3}\n")

    for _ in range(2):
        with pytest.raises(ContractInvalid) as caught:
            catalogue.renew()
        assert [problem.partition(": ")[0] for problem in caught.value.problems] == [
            "promises.yaml",
            "promises.yaml",
        ]
    assert list(promised()) == [("income", "run from queued")]

    dag_bag.parse(a_dag("credit", sla(within=HOUR)))
    with pytest.raises(ContractInvalid):
        catalogue.renew()
    assert ("credit", "run from queued") in promised()

    file.write_text(good)
    assert catalogue.renew() == 0


def test_a_collector_that_never_read_a_spoiled_file_well_changes_nothing_that_stands(
    dag_bag, catalogue, promised, file
):
    """A floor that stands in it must not give way because a process was started anew."""
    dag_bag.parse(a_dag(alerts=sla(within=5 * HOUR)))
    file.write_text(
        "version: 1\ncommitments:\n  - {select: {dag_id: '*'}, within: 2h, floor: true}\n"
    )
    catalogue.renew()
    file.write_text("version: [")
    another = Catalogue(paths=lambda: [file])
    dag_bag.parse(a_dag("credit", sla(within=HOUR)))

    with pytest.raises(ContractInvalid):
        another.renew()

    assert promised()["income", "run from queued"].within == 2 * HOUR
    assert promised()["credit", "run from queued"].within == HOUR  # a new Dag is heard all the same


def test_a_file_that_is_missing_is_told(dag_bag, file):
    with pytest.raises(ContractInvalid, match="cannot be read: No such file"):
        Catalogue(paths=lambda: [file]).renew()


def test_what_dag_code_gets_wrong_is_told_and_the_rest_is_promised(dag_bag, catalogue, promised):
    dag_bag.parse(a_dag(alerts=sla(within=HOUR) + sla(within=2 * HOUR)))
    dag_bag.parse(a_dag("credit", sla(within=HOUR)))

    with pytest.raises(ContractInvalid, match="Dag income: two promises are called"):
        catalogue.renew()

    assert set(promised()) == {("income", "run from queued"), ("credit", "run from queued")}


@pytest.mark.parametrize("unknown", ["Mars/Olympus", "Europe", "../zone", 7])
@pytest.mark.parametrize("of_calendar", [False, True])
def test_a_zone_that_is_not_known_here_is_a_problem_of_its_dag_alone(
    dag_bag, catalogue, promised, unknown, of_calendar
):
    dag_bag.parse(
        a_dag(alerts=sla(by=time(10), calendar={"tz": "Asia/Tokyo", "weekdays": ["mon"]}))
    )
    ((callback,),) = [(row.callback_def,) for row in dag_bag.rows("deadline_alert")]
    content = callback["__data__"]["kwargs"]["commitment"]
    (content["calendar"] if of_calendar else content)["tz"] = unknown
    dag_bag.change("deadline_alert", callback_def=callback)
    dag_bag.parse(a_dag("credit", sla(by=time(10))))

    with pytest.raises(ContractInvalid, match=f"Dag income: 'by' has the time zone '?{unknown}"):
        catalogue.renew()

    assert list(promised()) == [("credit", "by")]


def test_promises_are_found_in_compressed_documents_too(dag_bag, catalogue, promised, monkeypatch):
    from airflow.models import serialized_dag

    monkeypatch.setattr(serialized_dag, "_COMPRESS_SERIALIZED_DAGS", True)
    dag_bag.parse(a_dag(alerts=sla(within=HOUR)))

    catalogue.renew()

    assert list(promised()) == [("income", "run from queued")]


def test_a_promise_about_a_task_that_is_not_there_is_told_and_not_made(
    dag_bag, catalogue, promised
):
    dag_bag.parse(a_dag(alerts=sla(tasks={"train": HOUR, "trian": HOUR})))

    with pytest.raises(ContractInvalid, match="no task 'trian'; did you mean 'train'"):
        catalogue.renew()

    assert list(promised()) == [("income", "task train")]


def test_a_file_promises_tasks_only_of_dags_that_have_them(dag_bag, catalogue, promised, file):
    file.write_text(
        "version: 1\ncommitments:\n"
        "  - {select: {dag_id: '*'}, tasks: {train: 1h, load: 1h}}\n"
        "  - {select: {dag_id: '*'}, tasks: {load: 30m}, floor: true}\n"
    )
    dag_bag.parse(a_dag())
    catalogue.renew()
    assert list(promised()) == [("income", "task train")]

    with a_dag() as grown:
        EmptyOperator(task_id="load")
    dag_bag.parse(grown)
    catalogue.renew()
    assert promised()["income", "task load"].within == HOUR / 2
