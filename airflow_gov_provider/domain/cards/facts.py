"""What a model registry knows about a model: the automatic half of a card.

The registry layer fills these; the card is built from them and never asks a registry itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

CARD_DIGEST_TAG = "governance.card_digest"
CARD_EVIDENCE_TAG = "governance.card_evidence_id"
OWN_TAG_PREFIX = "governance."


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFacts:
    """A data set that a run says it used.

    :param role: what for, e.g. ``training`` or ``evaluation``.
    :param digest: the registry's own digest of the data, not a SHA-256 of ours.
    """

    name: str
    digest: str | None = None
    role: str | None = None
    source: str | None = None
    rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """A training run.

    :param metrics: the last value of each; NaN and infinities are kept here.
    :param tags: tags that people set; those of MLflow itself are left out.
    :param code: the program that ran, and its commit where it is known.
    """

    run_id: str
    started_at: datetime | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    datasets: tuple[DatasetFacts, ...] = ()
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFacts:
    """One input or output of a model; ``name`` is empty for an unnamed one."""

    name: str
    type: str
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFileFacts:
    """What the packaged model says about itself.

    :param library: the flavour's name, e.g. ``sklearn``.
    :param versions: library name -> version.
    """

    library: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[FieldFacts, ...] = ()
    outputs: tuple[FieldFacts, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFacts:
    """A registered model version; ``run_id`` is None if it was registered without a run."""

    name: str
    version: str
    run_id: str | None = None
    source: str | None = None
    registered_at: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
