"""A card as Markdown with the front matter that Hugging Face reads.

Values are text: whatever a name or a parameter contains, it cannot become markup, a table cell of
its own, a link or a line of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import yaml

from airflow_gov_provider.domain.cards.building import card_digest
from airflow_gov_provider.domain.cards.model import (
    BiasGate,
    Dataset,
    Feature,
    Gate,
    ModelCard,
    Part,
    Statement,
)
from airflow_gov_provider.domain.cards.words import (
    NOT_STATED,
    label,
    note,
    number,
    rate,
    rates_in_order,
    remedy,
    shown,
    summary,
    tabled,
    when,
)

# An underscore between letters or digits is only an underscore.
_MARKUP = re.compile(r"([\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_]))")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_BLOCK_START = re.compile(r"^([-+=#]|\d+[.)](?=\s|$))")
_EVALUATION_ROLES = ("evaluation", "test", "validation", "eval")


def to_markdown(card: ModelCard) -> str:
    """The whole document, ending in a line break."""
    parts: Iterable[Iterator[str]] = (
        _front(card),
        _head(card),
        _section("Intended use", card.intended_use),
        _section("Limitations and risks", card.considerations),
        _section("Responsible", card.provider),
        _training(card),
        _evaluation(card),
        _interface(card),
        _missing(card),
        _origin(card),
    )
    return "\n".join(line for part in parts for line in part).rstrip("\n") + "\n"


def front_matter(card: ModelCard) -> dict[str, Any]:
    """Hugging Face's metadata, of what is known: nothing here is a default."""
    content: dict[str, Any] = {}
    if card.provider.license.value:
        content["license"] = card.provider.license.value
    if card.training.library.value:
        content["library_name"] = card.training.library.value
    if card.intended_use.task.value:
        content["pipeline_tag"] = card.intended_use.task.value
    content["tags"] = ["mlflow", "model-card"]
    results = _results(card)
    if results:
        content["model-index"] = [{"name": card.identity.name.value, "results": results}]
    return content


def _results(card: ModelCard) -> list[dict[str, Any]]:
    metrics = card.evaluation.metrics.value or ()
    datasets = card.training.datasets.value or ()
    if not datasets or all(m.value is None for m in metrics):
        return []
    held_out = [d for d in datasets if (d.role or "").lower() in _EVALUATION_ROLES]
    return [
        {
            # Hugging Face demands a task; `other` is its word for one that nobody stated.
            "task": {"type": card.intended_use.task.value or "other"},
            "dataset": _hugging_face_dataset((held_out or datasets)[0]),
            "metrics": [
                # JSON does not tell 1.0 from 1, and YAML does.
                {"type": m.name, "name": m.name, "value": float(m.value)}
                for m in metrics
                if m.value is not None
            ],
        }
    ]


def _hugging_face_dataset(dataset: Dataset) -> dict[str, Any]:
    content: dict[str, Any] = {"type": dataset.name, "name": dataset.name}
    if dataset.digest:
        content["revision"] = dataset.digest
    return content


def inline(value: object) -> str:
    """The value as text that no Markdown reader takes for anything else."""
    text = _MARKUP.sub(r"\\\1", " ".join(str(value).split())).translate(_ENTITIES)
    return _BLOCK_START.sub(lambda m: f"{m[1][:-1]}\\{m[1][-1]}", text)


def _front(card: ModelCard) -> Iterator[str]:
    text = yaml.safe_dump(front_matter(card), sort_keys=False, allow_unicode=True, width=1000)
    yield f"---\n{text}---\n"


def _head(card: ModelCard) -> Iterator[str]:
    identity = card.identity
    yield f"# {inline(identity.name.value)}, version {inline(identity.version.value)}\n"
    gates = [*(card.evaluation.quality.value or ()), *(card.evaluation.fairness.value or ())]
    if gates:
        yield from _table(
            ("Check", "Subject", "Verdict", "Summary"),
            [(g.task_id, g.subject, g.verdict.value, summary(g)) for g in gates],
        )
    if card.missing:
        yield f"**{len(card.missing)} of {len(list(card.statements()))} statements are missing.**\n"
    yield from _statements("model_", identity)


def _section(title: str, part: Part) -> Iterator[str]:
    yield f"## {title}\n"
    yield from _statements("", part)


def _statements(prefix: str, part: Part, *, only: Sequence[str] | None = None) -> Iterator[str]:
    names = only or tuple(type(part).model_fields)
    for name in names:
        yield from _statement(prefix + name, getattr(part, name))
    yield ""


def _statement(name: str, statement: Statement[Any]) -> Iterator[str]:
    lead = f"**{label(name)}** ({statement.provenance.value})"
    if statement.is_missing:
        yield f"- {lead}: _{NOT_STATED}_"
    elif isinstance(statement.value, tuple):
        yield f"- {lead}:"
        yield from (f"    - {_item(item)}" for item in statement.value)
    else:
        yield f"- {lead}: {inline(shown(name, str(statement.value)))}"


def _item(item: Any) -> str:
    if isinstance(item, str):
        return inline(item)
    text = inline(item.risk)
    return f"{text} Mitigation: {inline(item.mitigation)}" if item.mitigation else text


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join('' if cell is None else inline(cell) for cell in row)} |"
    yield ""


def _titled(
    name: str, statement: Statement[Any], head: Sequence[str], rows: Iterable[Sequence[object]]
) -> Iterator[str]:
    yield f"### {label(name)} ({statement.provenance.value})\n"
    if statement.is_missing:
        yield f"_{NOT_STATED}_\n"
        return
    yield from _table(head, rows)
    if statement.omitted:
        yield f"{statement.omitted:,} more are left out.\n"


def _training(card: ModelCard) -> Iterator[str]:
    part = card.training
    yield "## Training\n"
    yield from _statements("", part, only=("library", "code", "started_at"))
    yield from _titled(
        "datasets",
        part.datasets,
        ("Name", "Used for", "Digest", "Rows", "Source"),
        (
            (d.name, d.role, d.digest, None if d.rows is None else number(d.rows), d.source)
            for d in part.datasets.value or ()
        ),
    )
    for name, statement in (("parameters", part.parameters), ("versions", part.versions)):
        rows = ((e.name, e.value) for e in statement.value or ())
        yield from _titled(name, statement, ("Name", "Value"), rows)
    if card.tags:
        yield "### Tags (auto)\n"
        yield from _table(("Name", "Value"), ((e.name, e.value) for e in card.tags))


def _evaluation(card: ModelCard) -> Iterator[str]:
    part = card.evaluation
    yield "## Evaluation\n"
    yield from _titled(
        "metrics",
        part.metrics,
        ("Metric", "Value"),
        ((m.name, number(m.value)) for m in part.metrics.value or ()),
    )
    yield f"### Data quality ({part.quality.provenance.value})\n"
    yield from _gates(part.quality)
    yield f"### Fairness ({part.fairness.provenance.value})\n"
    yield from _gates(part.fairness)


def _gates(statement: Statement[Any]) -> Iterator[str]:
    if statement.is_missing:
        yield f"_{NOT_STATED}_\n"
    for gate in statement.value or ():
        yield f"**{gate.verdict.value}**: {inline(gate.subject)}, {inline(summary(gate))}\n"
        yield from _troubles(gate)
        if isinstance(gate, BiasGate):
            for feature in gate.features:
                yield from _feature(feature)


def _troubles(gate: Gate) -> Iterator[str]:
    if gate.troubles:
        yield from _table(
            ("Verdict", "Check", "Subject", "Expected", "Found", "Reason"),
            (
                (
                    t.verdict.value,
                    t.kind,
                    t.subject,
                    t.expected,
                    t.observed if isinstance(t.observed, str) else number(t.observed),
                    t.reason,
                )
                for t in gate.troubles
            ),
        )


def _feature(feature: Feature) -> Iterator[str]:
    yield f"#### By {inline(feature.feature)}\n"
    names = tabled(feature)
    yield from _table(
        ("Group", "n", *map(label, names), "Note"),
        (
            (group.group, number(group.n), *rates_in_order(group, names), note(group))
            for group in feature.groups
        ),
    )
    if feature.gaps:
        yield from _table(
            ("Metric", "Value", "Required", "Verdict", "Reason"),
            (
                (label(g.name), rate(g), g.expected, g.verdict and g.verdict.value, g.reason)
                for g in feature.gaps
            ),
        )


def _interface(card: ModelCard) -> Iterator[str]:
    yield "## Interface\n"
    for name in ("inputs", "outputs"):
        statement = getattr(card.interface, name)
        rows = (
            (f.name or "(unnamed)", f.type, "yes" if f.required else "no")
            for f in statement.value or ()
        )
        yield from _titled(name, statement, ("Name", "Type", "Required"), rows)


def _missing(card: ModelCard) -> Iterator[str]:
    yield "## What is missing\n"
    if not card.missing:
        yield "Nothing: every statement has a source.\n"
        return
    yield from _table(
        ("Statement", "How to state it"), ((label(name), remedy(name)) for name in card.missing)
    )


def _origin(card: ModelCard) -> Iterator[str]:
    yield "## About this card\n"
    yield (
        "`auto` was recorded by a machine, `human` was written by a person, `missing` was stated "
        "by nobody.\n"
    )
    yield f"- Generated {inline(when(card.generated_at))} by {inline(card.generator)}"
    yield f"- SHA-256 of the card's canonical JSON: `{card_digest(card)}`\n"
    gates = [*(card.evaluation.quality.value or ()), *(card.evaluation.fairness.value or ())]
    if gates:
        yield from _table(
            ("Evidence", "Task", "Verdict", "SHA-256"),
            [(g.evidence_id, g.task_id, g.verdict.value, g.digest) for g in gates],
        )
