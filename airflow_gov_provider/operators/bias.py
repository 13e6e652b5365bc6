"""BiasCheck: are decisions about groups of people as equal as the author demands?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_gov_provider.domain.evidence import EvidenceKind
from airflow_gov_provider.domain.fairness.counts import group_value
from airflow_gov_provider.domain.fairness.evaluate import DEFAULT_MAX_UNJUDGED, evaluate
from airflow_gov_provider.domain.fairness.resampling import DEFAULT_REPLICATES, Resampling
from airflow_gov_provider.domain.fairness.slice_terms import SliceSearch, parse_search
from airflow_gov_provider.domain.fairness.text import as_text
from airflow_gov_provider.domain.fairness.thresholds import (
    DEFAULT_MIN_GROUP_SIZE,
    Groups,
    SmallGroups,
    Threshold,
    parse_thresholds,
)
from airflow_gov_provider.domain.verdicts import OnFail
from airflow_gov_provider.exceptions import ArgumentInvalid
from airflow_gov_provider.operators.base import GovernanceOperator, model_ref, settle
from airflow_gov_provider.operators.bias_arguments import problems_of
from airflow_gov_provider.operators.bias_counting import crossings, spec_of
from airflow_gov_provider.operators.bias_search import Looked, look
from airflow_gov_provider.operators.going_on import why_it_goes_on
from airflow_gov_provider.operators.lineage import Lineage, bias_lineage
from airflow_gov_provider.operators.quality_source import data_source
from airflow_gov_provider.profiling.fairness.contingency_spec import (
    DEFAULT_MAX_GROUPS,
    Outcome,
)

if TYPE_CHECKING:
    from airflow.sdk import Context


class BiasCheck(GovernanceOperator):
    """Compare a model's decisions between groups of people, and let pass what is equal enough.

    The predictions are a file (or a glob of files), a table or query of a DuckDB database or behind
    ``conn_id``, or objects of a store. They are reduced to counts per group in one GROUP BY, where
    they lie; metrics, gaps and confidence intervals come from the counts. Metrics of scores come
    from histograms, counted in the same statement.

    :param predictions: path or glob of Parquet or CSV files; an address in an object store that the
        settings name; or a ``.duckdb`` file, which needs ``table`` or ``query``.
    :param conn_id: an Airflow connection to PostgreSQL, SQLite or a warehouse; needs ``table``
        or ``query``.
    :param table: name of a table or view, ``schema.table`` where it needs a schema.
    :param query: one SELECT whose rows are the predictions.
    :param task: ``"binary"``; ``"multiclass"``: every metric of counts is taken for each class
        against the rest; ``"regression"``: label and prediction are numbers.
    :param label: column of what really happened.
    :param positive_label: the value (or list of values) of ``label`` that is the positive outcome;
        anything else but NULL is the negative one. Only of a binary task.
    :param prediction: column of what the model decided; positive where it equals
        ``positive_prediction``, which is ``positive_label`` when it is not given.
    :param score: column of scores; positive where ``threshold`` is reached. Instead of
        ``prediction``.
    :param score_bins: bins that scores from 0 to 1 are counted in, or ``"exact"`` for every
        distinct score by itself. Scores are counted when this is given or a metric needs them, and
        the evidence then has the rates at thresholds from 0.1 to 0.9, and calibration.
    :param sensitive_features: columns whose groups are compared. NULL is a group of its own,
        shown as ``(missing)``.
    :param intersections: True for all pairs of features, or a list of lists of features to cross.
    :param control_features: columns whose groups are not compared: the others are, within each
        combination of the values of these. A threshold may say ``given`` itself.
    :param search: columns whose combinations are searched for the slice that is decided about worst
        (a list, a ``SliceSearch`` or its options): it need not be named beforehand.
    :param reference_groups: per feature the value that its other groups are compared with; the
        worst pair of groups counts where there is none.
    :param exclude_groups: per feature the values that take no part in any comparison; None is the
        missing slice. Recorded in the evidence.
    :param weight: column of weights; intervals then rest on Kish's effective sample size.
    :param thresholds: a mapping of metrics to limits, or a list of ``Threshold``.
    :param min_group_size: judged rows below which a group is too small to compare.
    :param min_group_share: the same as a share of all judged rows; the larger of both applies.
    :param min_rate_rows: rows that the denominator of a rate needs in a group.
    :param small_groups: ``"insufficient"``: a group too small leaves the check open, so it does not
        pass. ``"ignore"``: such groups are left out, which the evidence records; it stays open only
        where they have more rows than the others.
    :param max_unjudged_share: the share of rows without label or prediction, overall or in a group,
        above which the check is INSUFFICIENT; in a group of an intersection where its share is
        surely above.
    :param max_groups: combinations of features beyond which counting stops with an error.
    :param replicates: how often counts are drawn again for intervals that have no formula, 100 to
        100,000.
    :param seed: what the draws begin with, 0 to 4,294,967,295. It is in the evidence, so that
        whoever has the counts draws the same.
    :param on_fail: ``"block"``, ``"review"`` or ``"warn"``.
    :param model_name: with ``model_version``, the model version that the evidence is bound to.
    :raises ArgumentInvalid: listing everything that is wrong with the arguments.
    """

    # Where the data are and which model it is; never what is demanded of them.
    template_fields: Sequence[str] = (
        "predictions",
        "table",
        "query",
        "model_name",
        "model_version",
    )
    ui_color = "#e8e4f3"

    def __init__(
        self,
        *,
        predictions: str | Path | None = None,
        conn_id: str | None = None,
        table: str | None = None,
        query: str | None = None,
        task: str = "binary",
        label: str,
        positive_label: Outcome | Sequence[Outcome] = (),
        prediction: str | None = None,
        positive_prediction: Outcome | Sequence[Outcome] = (),
        score: str | None = None,
        threshold: float | None = None,
        score_bins: int | str | None = None,
        sensitive_features: Sequence[str],
        intersections: bool | Sequence[Sequence[str]] = False,
        control_features: Sequence[str] = (),
        search: SliceSearch | Sequence[str] | Mapping[str, Any] | None = None,
        reference_groups: Mapping[str, Outcome] | None = None,
        exclude_groups: Mapping[str, Sequence[Outcome | None]] | None = None,
        weight: str | None = None,
        thresholds: Mapping[str, Any] | Sequence[Threshold],
        min_group_size: int = DEFAULT_MIN_GROUP_SIZE,
        min_group_share: float = 0.0,
        min_rate_rows: int = 1,
        small_groups: str = "insufficient",
        max_unjudged_share: float = DEFAULT_MAX_UNJUDGED,
        max_groups: int = DEFAULT_MAX_GROUPS,
        replicates: int = DEFAULT_REPLICATES,
        seed: int = 0,
        on_fail: str = "block",
        model_name: str | None = None,
        model_version: str | int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.predictions = str(predictions) if isinstance(predictions, Path) else predictions
        self.conn_id, self.table, self.query = conn_id, table, query
        self.task_kind, self.label_column = task, label
        self.positive_label = _outcomes(positive_label)
        self.prediction, self.positive_prediction = prediction, _outcomes(positive_prediction)
        self.score, self.threshold, self.score_bins = score, threshold, score_bins
        self.sensitive_features, self.control_features = sensitive_features, control_features
        self.intersections, self.search = intersections, search
        self.reference_groups = dict(reference_groups or {})
        self.exclude_groups = dict(exclude_groups or {})
        self.weight, self.thresholds = weight, thresholds
        self.min_group_size, self.min_group_share = min_group_size, min_group_share
        self.min_rate_rows, self.small_groups = min_rate_rows, small_groups
        self.max_unjudged_share, self.max_groups = max_unjudged_share, max_groups
        self.replicates, self.seed = replicates, seed
        self.on_fail = on_fail
        self.model_name, self.model_version = model_name, model_version
        problems = problems_of(self)
        if problems:
            listing = "".join(f"\n  - {problem}" for problem in problems)
            raise ArgumentInvalid(f"BiasCheck {self.task_id!r}:{listing}")

    def govern(self, context: Context) -> dict[str, Any]:
        model = model_ref(self.model_name, self.model_version)
        (population, slices), source = self._count()
        assessment = evaluate(
            population,
            subject=str(model) if model else self._data(),
            thresholds=parse_thresholds(self.thresholds),
            groups=self._groups(),
            intersections=crossings(self.intersections, self.sensitive_features),
            max_unjudged=self.max_unjudged_share,
            control=tuple(self.control_features),
            features=tuple(self.sensitive_features),
            plan=Resampling(replicates=self.replicates, seed=self.seed),
        )
        if slices is not None:
            terms = parse_search(self.search, self.task_kind)
            assert terms is not None  # noqa: S101 - nothing is counted for no search
            from airflow_gov_provider.domain.fairness.slice_findings import with_slices

            assessment = with_slices(assessment, slices, terms)
        self.log.info("%s\n%s", self._data(), as_text(assessment))
        report, on_fail = assessment.report, OnFail(self.on_fail)
        settled = settle(
            context,
            report,
            kind=EvidenceKind.BIAS,
            on_fail=on_fail,
            body={**assessment.body, "source": source, "question": self._question()},
            model=model,
            recorded=self.remember,
        )
        if why := why_it_goes_on(report.verdict, on_fail, settled):
            self.log.warning("%s", why)
        return settled

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Lineage | None:
        """For the listener of OpenLineage's provider, where somebody runs it."""
        del task_instance
        return bias_lineage(self.evidence)

    def get_openlineage_facets_on_failure(self, task_instance: Any) -> Lineage | None:
        """A check that blocks has recorded what it found, too."""
        return self.get_openlineage_facets_on_complete(task_instance)

    def _count(self) -> tuple[Looked, dict[str, Any]]:
        data = data_source(
            source=self.predictions,
            conn_id=self.conn_id,
            table=self.table,
            query=self.query,
            named="predictions",
        )
        work = look(spec_of(self), parse_search(self.search, self.task_kind), self._tell)
        return data.look(work), data.described()

    def _tell(self, progress: str) -> None:
        self.log.info("searching for the worst slice: %s", progress)

    def _data(self) -> str:
        """The data in a few words."""
        place = self.predictions or self.conn_id
        if self.table is None and self.query is None:
            return f"predictions in {place}"
        return f"predictions in {self.table or 'a query'} of {place}"

    def _groups(self) -> Groups:
        return Groups(
            min_size=self.min_group_size,
            min_share=self.min_group_share,
            min_rate_rows=self.min_rate_rows,
            small=SmallGroups(self.small_groups),
            reference={f: group_value(v) or "" for f, v in self.reference_groups.items()},
            exclude={
                f: frozenset(group_value(value) for value in values)
                for f, values in self.exclude_groups.items()
            },
        )

    def _question(self) -> dict[str, Any]:
        return {
            "task": self.task_kind,
            "label": self.label_column,
            "positive_label": list(self.positive_label),
            "prediction": self.prediction,
            "positive_prediction": list(self.positive_prediction or self.positive_label),
            "score": self.score,
            "threshold": self.threshold,
            "score_bins": self.score_bins,
            "weight": self.weight,
            "control_features": list(self.control_features),
        }


def _outcomes(value: Any) -> tuple[Outcome, ...]:
    if value is None:
        return ()
    if isinstance(value, (set, frozenset)):
        return tuple(sorted(value, key=str))
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)
