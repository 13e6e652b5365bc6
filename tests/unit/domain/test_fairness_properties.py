"""What must hold for any counts, and agreement with the fairlearn that is installed."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain.fairness import (
    METRICS,
    Cell,
    ContingencyTable,
    Counts,
    Groups,
    Threshold,
    evaluate,
)
from airflow_gov_provider.domain.fairness.counts import summed
from airflow_gov_provider.domain.fairness.intervals import katz_log, newcombe, wilson
from airflow_gov_provider.domain.fairness.rates import RATES, rate
from airflow_gov_provider.domain.verdicts import Verdict

Row = tuple[str | None, bool | None, bool | None, float]

groups = st.sampled_from(["a", "b", "c", None])
rows = st.lists(
    st.tuples(
        groups,
        st.sampled_from([True, False, None]),
        st.sampled_from([True, False, None]),
        st.integers(0, 8).map(lambda n: n / 4),  # exact in floating point, whatever the order
    ),
    max_size=60,
)
counts = st.builds(
    Counts.of_rows,
    tp=st.integers(0, 50),
    fp=st.integers(0, 50),
    fn=st.integers(0, 50),
    tn=st.integers(0, 50),
    unjudged=st.integers(0, 5),
)
tables = st.dictionaries(groups.map(lambda name: (name,)), counts, min_size=1).map(
    lambda cells: ContingencyTable(features=("g",), cells=cells)
)


def counted(data: list[Row]) -> ContingencyTable:
    cells = [
        (
            (group,),
            Counts.of_outcome(
                label=label,
                prediction=prediction,
                cell=Cell(rows=1, weight=weight, squares=weight * weight),
            ),
        )
        for group, label, prediction, weight in data
    ]
    return ContingencyTable(features=("g",), cells=summed(cells))


def all_values(table: ContingencyTable) -> dict[str, float | None]:
    thresholds = [
        Threshold(
            metric=name, **({"at_most": 1.0} if m.gap.side == "at_most" else {"at_least": 0.0})
        )
        for name, m in METRICS.items()
    ]
    report = evaluate(table, subject="s", thresholds=thresholds, groups=Groups(min_size=1)).report
    return {f.kind: f.observed for f in report.findings if f.kind in METRICS}  # type: ignore[misc]


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(data: list[Row], random: Any) -> None:
    shuffled = random.sample(data, len(data))

    assert counted(shuffled) == counted(data)


@given(rows, st.integers(0, 60))
def test_counting_in_chunks_is_counting_the_whole(data: list[Row], cut: int) -> None:
    assert counted(data[:cut]) + counted(data[cut:]) == counted(data)


@given(counts, counts, counts)
def test_counts_are_a_commutative_monoid(one: Counts, two: Counts, three: Counts) -> None:
    assert (one + two) + three == one + (two + three)
    assert one + two == two + one
    assert one + Counts() == one


@settings(deadline=None)
@given(tables)
def test_the_names_of_groups_do_not_matter(table: ContingencyTable) -> None:
    renamed = ContingencyTable(
        features=("g",), cells={(f"renamed {key[0]}",): c for key, c in table.cells.items()}
    )

    # Only a feature without any value is different, and that is because it is none.
    if set(table.cells) != {(None,)}:
        found = all_values(renamed)
        for metric, expected in all_values(table).items():
            # Sums over groups are taken in the order of their names.
            assert found[metric] == pytest.approx(expected, abs=1e-12), metric


@given(rows)
def test_weights_of_one_change_nothing(data: list[Row]) -> None:
    ones = [(group, label, prediction, 1.0) for group, label, prediction, _ in data]
    plain = summed(
        (
            (group,),
            Counts.of_outcome(label=label, prediction=prediction, cell=Cell.of_rows(1)),
        )
        for group, label, prediction, _ in data
    )

    assert counted(ones).cells == plain


@given(counts, st.sampled_from([0.001, 0.5, 7.0, 1e6]), st.sampled_from(sorted(RATES)))
def test_scaling_all_weights_changes_neither_rates_nor_intervals(
    group: Counts, factor: float, name: str
) -> None:
    def scaled(cell: Cell) -> Cell:
        return Cell(
            rows=cell.rows, weight=cell.weight * factor, squares=cell.squares * factor * factor
        )

    other = Counts(
        tp=scaled(group.tp), fp=scaled(group.fp), fn=scaled(group.fn), tn=scaled(group.tn)
    )
    before, after = rate(name, group), rate(name, other)

    assert (before is None) == (after is None)
    if before and after:
        assert after.value == pytest.approx(before.value)
        assert after.interval(0.95) == pytest.approx(before.interval(0.95))


@given(counts, st.integers(2, 5), st.sampled_from(sorted(RATES)))
def test_more_of_the_same_rows_keep_the_rate_and_shorten_its_interval(
    group: Counts, times: int, name: str
) -> None:
    more = sum([group] * times, start=Counts())
    before, after = rate(name, group), rate(name, more)

    assert (before is None) == (after is None)
    if before and after:
        assert after.value == pytest.approx(before.value)
        assert math.dist(after.interval(0.95), (after.value,) * 2) < math.dist(
            before.interval(0.95), (before.value,) * 2
        )


proportion = st.tuples(st.integers(0, 40), st.integers(1, 40)).filter(lambda t: t[0] <= t[1])


@given(proportion, proportion, st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_every_interval_holds_its_estimate(
    one: tuple[int, int], two: tuple[int, int], level: float
) -> None:
    (x1, n1), (x2, n2) = one, two
    p1, p2 = x1 / n1, x2 / n2
    slack = 1e-12

    lower, upper = wilson(p1, n1, level)
    assert 0 <= lower <= p1 + slack
    assert p1 - slack <= upper <= 1
    lower, upper = newcombe(p1, n1, p2, n2, level)
    assert -1 - slack <= lower <= p1 - p2 + slack
    assert p1 - p2 - slack <= upper <= 1 + slack
    ratio = katz_log(p1, n1, p2, n2, level)
    assert (ratio is None) == (p2 == 0)
    if ratio:
        assert 0 <= ratio[0] <= p1 / p2 * (1 + slack) + slack
        assert p1 / p2 * (1 - slack) - slack <= ratio[1] < math.inf


@given(proportion, proportion)
def test_turning_a_comparison_round_turns_its_interval_round(
    one: tuple[int, int], two: tuple[int, int]
) -> None:
    (x1, n1), (x2, n2) = one, two
    p1, p2 = x1 / n1, x2 / n2

    lower, upper = newcombe(p1, n1, p2, n2, 0.95)
    assert newcombe(p2, n2, p1, n1, 0.95) == pytest.approx((-upper, -lower))
    if p1 > 0 and p2 > 0:
        lower, upper = katz_log(p1, n1, p2, n2, 0.95) or (0.0, 0.0)
        assert katz_log(p2, n2, p1, n1, 0.95) == pytest.approx((1 / upper, 1 / lower))


@given(
    tables,
    st.sampled_from(sorted(name for name, m in METRICS.items() if m.has_interval)),
    st.floats(0, 1),
)
def test_deciding_on_the_interval_never_passes_what_the_estimate_fails(
    table: ContingencyTable, metric: str, limit: float
) -> None:
    side = METRICS[metric].gap.side
    verdicts = [
        evaluate(
            table,
            subject="s",
            thresholds=[Threshold(metric=metric, decide_on=decide_on, **{side: limit})],
            groups=Groups(min_size=1),
        )
        .report.findings[-1]
        .verdict
        for decide_on in ("estimate", "interval")
    ]

    assert verdicts[1] is not Verdict.PASSED or verdicts[0] is Verdict.PASSED
    assert (verdicts[0] is Verdict.FAILED) == (verdicts[1] is Verdict.FAILED)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c"]),
            st.integers(0, 1),
            st.integers(0, 1),
            st.integers(1, 9).map(float),
        ),
        min_size=1,
        max_size=80,
    )
)
@pytest.mark.filterwarnings("ignore")
def test_wherever_we_have_an_answer_the_installed_fairlearn_has_the_same(
    data: list[tuple[str, int, int, float]],
) -> None:
    fairlearn = pytest.importorskip("fairlearn.metrics")
    # Each group gets one row of every outcome, so that no denominator is empty.
    data = [*data, *[(g, y, p, 1.0) for g in "abc" for y in (0, 1) for p in (0, 1)]]
    group, label, prediction, weight = (list(column) for column in zip(*data, strict=True))
    ours = all_values(counted([(g, bool(y), bool(p), w) for g, y, p, w in data]))

    for metric in (
        "demographic_parity_difference",
        "demographic_parity_ratio",
        "equalized_odds_difference",
        "equalized_odds_ratio",
        "equal_opportunity_difference",
        "equal_opportunity_ratio",
    ):
        theirs = getattr(fairlearn, metric)(
            label, prediction, sensitive_features=group, sample_weight=weight
        )
        assert ours[metric] == pytest.approx(theirs, abs=1e-9), metric
