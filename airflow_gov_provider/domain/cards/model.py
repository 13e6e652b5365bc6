"""A model card: statements, each with its provenance.

What nobody said is a statement too: it is ``missing``, it is printed as missing, and no default
takes its place. The canonical JSON of a card is its source of truth; Markdown and HTML are views.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from airflow_gov_provider.domain.verdicts import Verdict

T = TypeVar("T")
Number = int | float


class Provenance(StrEnum):
    """Who said it: a machine that recorded it, a person who wrote it, or nobody."""

    AUTO = "auto"
    HUMAN = "human"
    MISSING = "missing"


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Statement(Part, Generic[T]):
    """One thing the card says.

    :param source: what it was taken from, for people.
    :param omitted: entries of a long list that are left out of ``value``.
    """

    value: T | None = None
    provenance: Provenance
    source: str | None = None
    omitted: int = 0

    @property
    def is_missing(self) -> bool:
        return self.provenance is Provenance.MISSING


Text = Statement[str]
Texts = Statement[tuple[str, ...]]


class Risk(Part):
    risk: str
    mitigation: str | None = None


class Entry(Part):
    """A named value of a list: a parameter, a tag, a library version."""

    name: str
    value: str


class Metric(Part):
    """``value`` is None for a metric that was logged as NaN or infinite."""

    name: str
    value: Number | None


class Dataset(Part):
    name: str
    digest: str | None = None
    role: str | None = None
    source: str | None = None
    rows: int | None = None


class Field(Part):
    name: str
    type: str
    required: bool


class Trouble(Part):
    """A finding that did not pass."""

    check: str
    kind: str
    subject: str
    verdict: Verdict
    expected: str
    observed: str | Number | bool | None = None
    reason: str | None = None


class Gate(Part):
    """What one gate of the same Dag run recorded."""

    evidence_id: str
    digest: str
    task_id: str
    subject: str
    verdict: Verdict
    summary: str
    checks: int
    troubles: tuple[Trouble, ...] = ()


class Rate(Part):
    """A rate of one group with its confidence interval; None where it has no value."""

    name: str
    value: Number | None = None
    low: Number | None = None
    high: Number | None = None


class Group(Part):
    """:param sufficient: large enough to be judged; ``reason`` says why not."""

    group: str
    n: int
    sufficient: bool = True
    reason: str | None = None
    rates: tuple[Rate, ...] = ()


class Gap(Part):
    """A fairness metric over the groups of a feature.

    :param expected: the threshold in words, None where the author set none.
    :param at_least: the threshold of a ratio.
    :param at_most: the threshold of a difference.
    :param against: what groups are compared with: each other (``groups``) or ``overall``.
    """

    name: str
    value: Number | None = None
    low: Number | None = None
    high: Number | None = None
    expected: str | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    against: str = "groups"
    verdict: Verdict | None = None
    reason: str | None = None


class Feature(Part):
    """:param reference: the group that the others are compared with, where the author named one."""

    feature: str
    reference: str | None = None
    groups: tuple[Group, ...] = ()
    gaps: tuple[Gap, ...] = ()


class BiasGate(Gate):
    features: tuple[Feature, ...] = ()


class Identity(Part):
    name: Text
    version: Text
    registered_at: Text
    run_id: Text
    source: Text


class Provider(Part):
    owner: Text
    contact: Text
    license: Text


class IntendedUse(Part):
    intended_use: Text
    task: Text
    users: Texts
    out_of_scope: Texts


class Considerations(Part):
    limitations: Texts
    ethical_considerations: Texts
    risks: Statement[tuple[Risk, ...]]


class Training(Part):
    library: Text
    versions: Statement[tuple[Entry, ...]]
    parameters: Statement[tuple[Entry, ...]]
    code: Text
    started_at: Text
    datasets: Statement[tuple[Dataset, ...]]


class Interface(Part):
    inputs: Statement[tuple[Field, ...]]
    outputs: Statement[tuple[Field, ...]]


class Evaluation(Part):
    metrics: Statement[tuple[Metric, ...]]
    quality: Statement[tuple[Gate, ...]]
    fairness: Statement[tuple[BiasGate, ...]]


class ModelCard(Part):
    """The whole card.

    :param generated_at: ISO 8601 with its zone.
    :param tags: what people tagged the run and the version with; having none misses nothing.
    """

    schema_version: Literal[1] = 1
    generator: str
    generated_at: str
    identity: Identity
    provider: Provider
    intended_use: IntendedUse
    considerations: Considerations
    training: Training
    interface: Interface
    evaluation: Evaluation
    tags: tuple[Entry, ...] = ()

    def statements(self) -> Iterator[tuple[str, Statement[Any]]]:
        """Every statement with its name, which is unique over all sections."""
        for section in type(self).model_fields:
            part = getattr(self, section)
            if isinstance(part, Part):
                for name in type(part).model_fields:
                    yield name if section != "identity" else f"model_{name}", getattr(part, name)

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(name for name, statement in self.statements() if statement.is_missing)
