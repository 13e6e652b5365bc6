"""Facts, evidence and a person's words become one card."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from airflow_gov_provider.domain.canonical import canonical_bytes, digest, parse
from airflow_gov_provider.domain.cards.facts import (
    OWN_TAG_PREFIX,
    FieldFacts,
    ModelFileFacts,
    RunFacts,
    VersionFacts,
)
from airflow_gov_provider.domain.cards.gates import bias_gates, quality_gates
from airflow_gov_provider.domain.cards.human import HumanPart
from airflow_gov_provider.domain.cards.model import (
    Considerations,
    Dataset,
    Entry,
    Evaluation,
    Field,
    Identity,
    IntendedUse,
    Interface,
    Metric,
    ModelCard,
    Provenance,
    Provider,
    Risk,
    Statement,
    Training,
)
from airflow_gov_provider.domain.cards.text import MAX_ITEMS, clean
from airflow_gov_provider.domain.evidence import Evidence, ModelRef
from airflow_gov_provider.domain.verdicts import Finding, Report, Severity, Verdict

T = TypeVar("T")

_VERSION, _RUN, _FILE, _EVIDENCE = "model version", "run", "model file", "evidence of this Dag run"


def build_card(
    *,
    version: VersionFacts,
    run: RunFacts | None,
    model_file: ModelFileFacts | None,
    human: HumanPart,
    evidence: Iterable[Evidence],
    generated_at: datetime,
    generator: str,
) -> ModelCard:
    """The card of a model version; what no source knows is missing on it.

    :param evidence: what the Dag run has recorded, replaced records included.
    :param generated_at: with its zone.
    """
    run = run or RunFacts(run_id="")
    card = ModelCard(
        generator=generator,
        generated_at=generated_at.isoformat(timespec="seconds"),
        identity=_identity(version),
        provider=Provider(
            owner=_said(human.owner, human),
            contact=_said(human.contact, human),
            license=_said(human.license, human),
        ),
        intended_use=IntendedUse(
            intended_use=_said(human.intended_use, human),
            task=_said(human.task, human),
            users=_said(human.users, human),
            out_of_scope=_said(human.out_of_scope, human),
        ),
        considerations=_considerations(human),
        training=_training(run, model_file or ModelFileFacts()),
        interface=_interface(model_file or ModelFileFacts()),
        evaluation=_evaluation(
            run, list(evidence), ModelRef(name=version.name, version=version.version)
        ),
        tags=_entries({**run.tags, **version.tags}),
    )
    # JSON knows no -0.0 and no 1.0: what is rendered now is what is rendered from the store later.
    return from_json(parse(to_json_bytes(card)))


def card_json(card: ModelCard) -> dict[str, Any]:
    """The card as JSON values."""
    content: dict[str, Any] = card.model_dump(mode="json")
    return content


def to_json_bytes(card: ModelCard) -> bytes:
    """Canonical JSON (RFC 8785): the source of truth, and what the digest is taken of."""
    return canonical_bytes(card_json(card))


def card_digest(card: ModelCard) -> str:
    return digest(to_json_bytes(card))


def from_json(content: Mapping[str, Any]) -> ModelCard:
    """Read a card back; ``to_json_bytes`` of it gives the same bytes again.

    :raises ValueError: if it is not a card that this package can read.
    """
    return ModelCard.model_validate_json(json.dumps(content))


def completeness(card: ModelCard, *, required: Iterable[str] = ()) -> Report:
    """One finding per statement: a required one that is missing fails, any other warns."""
    wanted = frozenset(required)
    findings = tuple(
        _finding(name, statement, required=name in wanted) for name, statement in card.statements()
    )
    return Report(
        subject=f"{card.identity.name.value} version {card.identity.version.value}",
        findings=findings,
    )


def statement_names() -> tuple[str, ...]:
    """What ``required`` may name, in the order of the card."""
    empty = build_card(
        version=VersionFacts(name="", version=""),
        run=None,
        model_file=None,
        human=HumanPart(origin=""),
        evidence=(),
        generated_at=datetime.fromisoformat("2000-01-01T00:00:00+00:00"),
        generator="",
    )
    return tuple(name for name, _ in empty.statements())


def _finding(name: str, statement: Statement[Any], *, required: bool) -> Finding:
    verdict, reason = Verdict.PASSED, None
    if statement.is_missing:
        verdict = Verdict.FAILED if required else Verdict.WARNED
        reason = "nobody stated it and no source has it"
    return Finding(
        check=f"statement.{name}",
        kind="statement",
        subject=name,
        verdict=verdict,
        expected="stated",
        observed=statement.provenance.value,
        severity=Severity.ERROR if required else Severity.WARNING,
        reason=reason,
    )


def _known(value: T | None, source: str, *, omitted: int = 0) -> Statement[T]:
    if value is None or value in ("", ()):
        return Statement(provenance=Provenance.MISSING)
    return Statement(value=value, provenance=Provenance.AUTO, source=source, omitted=omitted)


def _known_list(items: Iterable[T], source: str) -> Statement[tuple[T, ...]]:
    everything = tuple(items)
    kept = everything[:MAX_ITEMS]
    return _known(kept, source, omitted=len(everything) - len(kept))


def _said(value: T | None, human: HumanPart) -> Statement[T]:
    if value is None:
        return Statement(provenance=Provenance.MISSING)
    return Statement(value=value, provenance=Provenance.HUMAN, source=human.origin)


def _identity(version: VersionFacts) -> Identity:
    return Identity(
        name=_known(clean(version.name), _VERSION),
        version=_known(version.version, _VERSION),
        registered_at=_known(_when(version.registered_at), _VERSION),
        run_id=_known(version.run_id, _VERSION),
        source=_known(_cleaned(version.source), _VERSION),
    )


def _considerations(human: HumanPart) -> Considerations:
    risks = None
    if human.risks is not None:
        risks = tuple(Risk(risk=each.risk, mitigation=each.mitigation) for each in human.risks)
    return Considerations(
        limitations=_said(human.limitations, human),
        ethical_considerations=_said(human.ethical_considerations, human),
        risks=_said(risks, human),
    )


def _training(run: RunFacts, model_file: ModelFileFacts) -> Training:
    datasets = (
        Dataset(
            name=clean(item.name),
            digest=_cleaned(item.digest),
            role=_cleaned(item.role),
            source=_cleaned(item.source),
            rows=item.rows,
        )
        for item in run.datasets
    )
    return Training(
        library=_known(_cleaned(model_file.library), _FILE),
        versions=_known_list(_entries(model_file.versions), _FILE),
        parameters=_known_list(_entries(run.params), _RUN),
        code=_known(_cleaned(run.code), _RUN),
        started_at=_known(_when(run.started_at), _RUN),
        datasets=_known_list(datasets, _RUN),
    )


def _interface(model_file: ModelFileFacts) -> Interface:
    return Interface(
        inputs=_known_list(map(_field, model_file.inputs), _FILE),
        outputs=_known_list(map(_field, model_file.outputs), _FILE),
    )


def _field(item: FieldFacts) -> Field:
    return Field(name=clean(item.name), type=clean(item.type), required=item.required)


def _evaluation(run: RunFacts, evidence: list[Evidence], model: ModelRef) -> Evaluation:
    metrics = (
        Metric(name=clean(name), value=value if math.isfinite(value) else None)
        for name, value in sorted(run.metrics.items())
    )
    return Evaluation(
        metrics=_known_list(metrics, _RUN),
        quality=_known(quality_gates(evidence, model), _EVIDENCE),
        fairness=_known(bias_gates(evidence, model), _EVIDENCE),
    )


def _entries(values: Mapping[str, str]) -> tuple[Entry, ...]:
    return tuple(
        Entry(name=clean(name), value=clean(str(value)))
        for name, value in sorted(values.items())
        if not name.startswith(OWN_TAG_PREFIX)
    )


def _cleaned(value: str | None) -> str | None:
    return None if value is None else clean(value)


def _when(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat(timespec="seconds")
