"""The rows that fail, as one SELECT that a database writes somewhere itself.

No row passes through Python: the statement here stands behind ``COPY`` or ``INSERT INTO``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from airflow_gov_provider.domain.quality.expectations import (
    Expectation,
    Group,
    Measurement,
    Profile,
)
from airflow_gov_provider.domain.quality.quarantine import CHECKS, PREFIX, Kept, Quarantine, Stamp
from airflow_gov_provider.domain.quality.segments import Segmented
from airflow_gov_provider.exceptions import SourceInvalid
from airflow_gov_provider.profiling.columns import Columns, Family
from airflow_gov_provider.profiling.engines.dialects import named, present
from airflow_gov_provider.profiling.engines.engine import Engine, Relation, Row, StatementFailed
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.plans import Planner
from airflow_gov_provider.profiling.quarantine.singling import Singled
from airflow_gov_provider.profiling.shapes import MASKS, SQLITE_SHAPE

_ONE_RUN = ("dag_id", "run_id", "task_id", "map_index")
MOST_GROUPS = 10
MOST_SHAPES = 3
_LONGEST_SHAPE = 40
# Their regexp_replace ends after the first match unless it has a "g"; that of the others does not.
_ONE_UNLESS_TOLD = ("duckdb", "postgres")
_TEXTS = (Family.TEXT, Family.SYMBOL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """The rows to put aside.

    :param rows: the SELECT; None where no row fails.
    :param none: selects no row, with the same columns.
    :param columns: what it selects, in its order.
    :param checks: the checks whose failing rows it finds.
    :param left_out: failed row checks that cannot single out their rows.
    """

    rows: exp.Select | None
    none: exp.Select
    columns: Sequence[str]
    checks: Sequence[Expectation]
    left_out: Sequence[str]


def failing_rows(
    engine: Engine,
    relation: Relation,
    expectations: Sequence[Expectation],
    profile: Profile,
    *,
    spec: Quarantine,
    stamp: Stamp,
) -> Failing:
    """Work out which rows fail any of the checks that were measured to have failing rows.

    :raises SourceInvalid: if a column of the data has the name of one that would be added.
    """
    _refuse_our_names(relation.columns)
    planner = Planner(engine.dialect, relation.columns)
    found: list[tuple[Expectation, Singled]] = []
    left_out: list[str] = []
    for expectation in expectations:
        measured = profile.measurements.get(expectation.check_id)
        if not (_is_about_rows(expectation) and _has_failing(measured)):
            continue
        try:
            failing = planner.plan(expectation).failing
            if failing is None:
                left_out.append(expectation.check_id)
            else:
                found.append((expectation, failing(engine, relation)))
        except (StatementFailed, Unmeasurable):
            left_out.append(expectation.check_id)
    columns = [named(column) for column in relation.columns.values()]
    stamped = [
        exp.alias_(_literal(value), name, quoted=True) for name, value in stamp.values().items()
    ]
    rows = _selected(relation, found, columns, stamped) if found else None
    nothing = exp.alias_(_literal(""), CHECKS, quoted=True)
    return Failing(
        rows=rows and rows.limit(spec.limit),
        none=exp.select(*columns, *stamped, nothing).from_(relation.table.copy()).limit(0),
        columns=[*relation.columns, *stamp.values(), CHECKS],
        checks=[expectation for expectation, _ in found],
        left_out=left_out,
    )


def _is_about_rows(expectation: Expectation) -> bool:
    """Whether single rows fail it; those of a share or another number do not."""
    asked = expectation.parameters
    return (asked.check if isinstance(asked, Segmented) else expectation).counts_rows


def _has_failing(measurement: Measurement | None) -> bool:
    """Whether rows fail: of the table, or of one of its groups."""
    if measurement is None:
        return False
    return bool(measurement.failing) or any(map(_fails_in, measurement.groups))


def _fails_in(group: Group) -> bool:
    return bool(group.measurement.failing)


def _refuse_our_names(columns: Columns) -> None:
    ours = [name for name in columns if name.lower().startswith(PREFIX)]
    if ours:
        raise SourceInvalid(
            f"quarantine: the data has a column {ours[0]!r}, and names that begin with {PREFIX!r} "
            "are those of a quarantine; check another table, or rename the column"
        )


def _selected(
    relation: Relation,
    found: Sequence[tuple[Expectation, Singled]],
    columns: Sequence[exp.Expr],
    stamped: Sequence[exp.Expr],
) -> exp.Select:
    """Inside, each row says which checks it fails; what to write of it is made of the few left."""
    fails = [exp.column(exp.to_identifier(f"{PREFIX}fails_{i}")) for i in range(len(found))]
    conditions = [
        exp.alias_(singled.condition.copy(), fails[index].name)
        for index, (_, singled) in enumerate(found)
    ]
    judged = exp.select(*[column.copy() for column in columns], *conditions).from_(
        relation.table.copy()
    )
    for _, singled in found:
        for beside in singled.beside:
            judged = judged.join(beside.keys.copy(), on=beside.on.copy(), join_type="left")
    ids = [json.dumps(expectation.check_id, ensure_ascii=False) for expectation, _ in found]
    return (
        exp.select(
            *[each.copy() for each in (*columns, *stamped)],
            exp.alias_(_listing(ids, fails), CHECKS, quoted=True),
        )
        .from_(judged.subquery("governance_judged"))
        .where(exp.or_(*[each.copy() for each in fails]))
    )


def _listing(ids: Sequence[str], fails: Sequence[exp.Expr]) -> exp.Expr:
    """The ids of the checks that a row fails, as a list in JSON."""
    joined: exp.Expr = exp.Literal.string("")
    for check_id, failed in zip(ids, fails, strict=True):
        text = exp.Literal.string(f",{check_id}")
        mark = exp.Case(ifs=[exp.If(this=failed.copy(), true=text)], default=exp.Literal.string(""))
        joined = exp.DPipe(this=joined, expression=mark)
    two = exp.Literal.number(2)
    without_first_comma = exp.Anonymous(this="substr", expressions=[joined, two])
    opened = exp.DPipe(this=exp.Literal.string("["), expression=without_first_comma)
    return exp.DPipe(this=opened, expression=exp.Literal.string("]"))


def _literal(value: str | int) -> exp.Expr:
    if isinstance(value, int):
        number = exp.Literal.number(abs(value))
        return exp.cast(exp.Neg(this=number) if value < 0 else number, "int")
    return exp.cast(exp.Literal.string(value), "text")


def run_columns(stamp: Stamp) -> dict[str, str | int]:
    """What tells the rows of one run of a task from all others, whichever try has written them."""
    values = stamp.values()
    return {f"{PREFIX}{name}": values[f"{PREFIX}{name}"] for name in _ONE_RUN}


def of_run(stamp: Stamp) -> exp.Expr:
    """True for the rows of this task in this run."""
    columns = run_columns(stamp).items()
    return exp.and_(
        *[
            exp.EQ(
                this=exp.column(exp.to_identifier(name, quoted=True)),
                expression=exp.convert(value),
            )
            for name, value in columns
        ]
    )


Fetch = Callable[[exp.Select], Sequence[Row]]


def kept(
    engine: Engine,
    failing: Failing,
    columns: Columns,
    *,
    written: exp.Expr,
    of_this_run: exp.Expr,
    rows: int,
    place: str,
    limit: int,
) -> Kept:
    """What may be told of rows that were written; they are looked at where they are."""
    nothing = Kept(place=None, rows=0, limit=limit, left_out=failing.left_out)
    if not rows:
        return nothing
    return replace(
        nothing,
        place=place,
        rows=rows,
        groups=_groups(engine.fetch, written, of_this_run),
        shapes=_shapes(
            engine.fetch,
            written,
            of_this_run,
            failing=failing,
            columns=columns,
            dialect=engine.dialect.name,
        ),
    )


def _groups(fetch: Fetch, written: exp.Expr, of_this_run: exp.Expr) -> list[tuple[list[str], int]]:
    """How many of the written rows fail which checks together."""
    checks = exp.column(exp.to_identifier(CHECKS, quoted=True))
    count = exp.Count(this=exp.Star())
    query = (
        exp.select(checks, count)
        .from_(written)
        .where(of_this_run)
        .group_by(checks.copy())
        .order_by(exp.Ordered(this=count.copy(), desc=True), exp.Ordered(this=checks.copy()))
        .limit(MOST_GROUPS)
    )
    return [(json.loads(ids), int(rows)) for ids, rows in fetch(query)]


def _shapes(
    fetch: Fetch,
    written: exp.Expr,
    of_this_run: exp.Expr,
    *,
    failing: Failing,
    columns: Columns,
    dialect: str,
) -> dict[str, list[str]]:
    """What the texts that fail look like, the most frequent shape first."""
    found: dict[str, list[str]] = {}
    for check in failing.checks:
        most = MOST_SHAPES if check.sample_limit is None else check.sample_limit
        if not most or len(check.columns) != 1 or columns[check.columns[0]].family not in _TEXTS:
            continue
        value = named(columns[check.columns[0]])
        query = (
            exp.select(exp.alias_(_masked(value, dialect), "shape"))
            .from_(written.copy())
            .where(of_this_run, present(value), _fails(check))
            .subquery("governance_shapes")
        )
        shape, rows = exp.column("shape"), exp.Count(this=exp.Star())
        frequent = (
            exp.select(shape)
            .from_(query)
            .group_by(shape.copy())
            .order_by(exp.Ordered(this=rows, desc=True), exp.Ordered(this=shape.copy()))
            .limit(most)
        )
        if listed := [str(row[0]) for row in fetch(frequent)]:
            found[check.check_id] = listed
    return found


def _fails(check: Expectation) -> exp.Expr:
    """True for a written row whose list of checks names this one."""
    listed = exp.column(exp.to_identifier(CHECKS, quoted=True))
    name = exp.Literal.string(json.dumps(check.check_id, ensure_ascii=False))
    without = exp.Anonymous(this="replace", expressions=[listed, name, exp.Literal.string("")])
    return exp.NEQ(this=without, expression=listed.copy())


def _masked(value: exp.Expr, dialect: str) -> exp.Expr:
    """A text without its letters and digits, and without whatever else is not plain."""
    masked: exp.Expr
    if dialect == "sqlite":
        masked = exp.Anonymous(this=SQLITE_SHAPE, expressions=[value.copy()])
    else:
        masked = exp.cast(value.copy(), "text")
        for pattern, sign in MASKS:
            every = ("g",) if dialect in _ONE_UNLESS_TOLD else ()
            literals = [exp.Literal.string(each) for each in (pattern, sign, *every)]
            masked = exp.Anonymous(this="regexp_replace", expressions=[masked, *literals])
    ends = [exp.Literal.number(1), exp.Literal.number(_LONGEST_SHAPE)]
    return exp.Anonymous(this="substr", expressions=[masked, *ends])
