"""Write down what is known about a model version, and what is not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from airflow_gov_provider import __version__
from airflow_gov_provider.domain import cards
from airflow_gov_provider.domain.cards.facts import (
    CARD_DIGEST_TAG,
    CARD_EVIDENCE_TAG,
    RunFacts,
    VersionFacts,
)
from airflow_gov_provider.domain.cards.human import HumanPart, parse_human_part
from airflow_gov_provider.domain.contracts.documents import parse_yaml
from airflow_gov_provider.domain.evidence import Evidence, EvidenceKind, ModelRef
from airflow_gov_provider.domain.verdicts import OnFail
from airflow_gov_provider.exceptions import ArgumentInvalid, ContractInvalid
from airflow_gov_provider.hooks.governance import recorded_in_run, utcnow
from airflow_gov_provider.operators.base import (
    GovernanceOperator,
    model_ref,
    origin_of,
    settle,
)
from airflow_gov_provider.registry.connection import Registry, registry_at
from airflow_gov_provider.registry.reading import read_model_file, read_run, read_version
from airflow_gov_provider.registry.writing import log_artifacts, tag_version

if TYPE_CHECKING:
    from airflow.sdk import Context

FORMATS = {"json": "model_card.json", "markdown": "model_card.md", "html": "model_card.html"}

_ON_MISSING = {"fail": OnFail.BLOCK, "warn": OnFail.WARN}
_REDACTION_DEPTH = 20
_DIGEST_IN_PATH = 12


class ModelCardOperator(GovernanceOperator):
    """Build the card of a registered model version and keep it as evidence.

    The card is collected from the MLflow run and version, from this Dag run's quality and bias
    evidence, and from a human part. What nobody stated is printed as missing. JSON, Markdown and
    HTML become artifacts of the MLflow run, in a directory named after the card's digest, so that
    no later card replaces what a person has read; the version is tagged with the digest last, when
    the card is stored as evidence.

    :param model_name: registered model (templated).
    :param model_version: its version (templated).
    :param mlflow_run_id: the run of a version that was registered without one (templated).
    :param human: owner, intended use, limitations and so on: the path of a YAML file, or a mapping.
    :param required: statements that must not be missing; any statement of the card may be named.
    :param on_missing: ``fail`` or ``warn`` when a required statement is missing.
    :param artifact_path: directory inside the run's artifacts.
    :param tracking_uri: MLflow; the settings, then MLflow's environment decide when it is None.
    :param registry_uri: its model registry, likewise.
    """

    template_fields = ("model_name", "model_version", "mlflow_run_id")

    def __init__(
        self,
        *,
        model_name: str,
        model_version: str | int,
        mlflow_run_id: str | None = None,
        human: str | Path | Mapping[str, Any] | None = None,
        required: Collection[str] = (),
        on_missing: str = "fail",
        artifact_path: str = "model_card",
        tracking_uri: str | None = None,
        registry_uri: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        _check_arguments(required, on_missing)
        self.model_name = model_name
        self.model_version = model_version
        self.mlflow_run_id = mlflow_run_id
        self.human = human
        self.required = tuple(required)
        self.on_missing = on_missing
        self.artifact_path = artifact_path
        self.tracking_uri = tracking_uri
        self.registry_uri = registry_uri

    def govern(self, context: Context) -> dict[str, Any]:
        model = model_ref(self.model_name, self.model_version)
        if model is None:
            raise ArgumentInvalid("expected model_name and model_version, found neither")
        human = read_human_part(self.human)
        origin = origin_of(context)
        evidence = recorded_in_run(origin.dag_id, origin.run_id)
        registry = registry_at(self.tracking_uri, self.registry_uri)
        version = read_version(registry, model.name, model.version)
        run = read_run(registry, self._run_id(version))
        card = _card(registry, version, run, human, evidence)
        return self._publish(context, registry, model, run.run_id, card)

    def _run_id(self, version: VersionFacts) -> str:
        given = self.mlflow_run_id or None
        if given and version.run_id and given != version.run_id:
            raise ArgumentInvalid(
                f"{version.name} version {version.version} comes from run {version.run_id}, "
                f"found mlflow_run_id={given!r}; leave mlflow_run_id out"
            )
        found = version.run_id or given
        if not found:
            raise ArgumentInvalid(
                f"{version.name} version {version.version} was registered without a run; "
                "name the run that it comes from in mlflow_run_id"
            )
        return found

    def _publish(
        self,
        context: Context,
        registry: Registry,
        model: ModelRef,
        run_id: str,
        card: cards.ModelCard,
    ) -> dict[str, Any]:
        """Artifacts, evidence, tags, in this order.

        A crash after the artifacts leaves files that nothing refers to; one after the evidence
        leaves the tags of an older card, which are still true of that one.
        """
        digest = cards.card_digest(card)
        files = {
            FORMATS["json"]: cards.to_json_bytes(card),
            FORMATS["markdown"]: cards.to_markdown(card).encode(),
            FORMATS["html"]: cards.to_html(card).encode(),
        }
        path = f"{self.artifact_path.strip('/')}/{digest[:_DIGEST_IN_PATH]}"
        artifact_uri = log_artifacts(registry, run_id, files, path=path)
        result = settle(
            context,
            cards.completeness(card, required=self.required),
            kind=EvidenceKind.CARD,
            on_fail=_ON_MISSING[self.on_missing],
            body={
                "card": cards.card_json(card),
                "card_digest": digest,
                "formats": FORMATS,
                "artifact_uri": artifact_uri,
                "run_id": run_id,
                "missing": card.missing,
            },
            model=model,
        )
        tags = {CARD_DIGEST_TAG: digest, CARD_EVIDENCE_TAG: result["evidence_id"]}
        tag_version(registry, model.name, model.version, tags)
        self.log.info("%s; card %s in %s", result["summary"], digest, artifact_uri)
        if card.missing:
            self.log.warning("missing on the card: %s", ", ".join(card.missing))
        return {**result, "card_digest": digest, "artifact_uri": artifact_uri}


def read_human_part(human: str | Path | Mapping[str, Any] | None) -> HumanPart:
    """The human part of a card from a YAML file, or as it is.

    :raises ContractInvalid: with every problem at once, each with its place.
    """
    if human is None or isinstance(human, Mapping):
        return parse_human_part(human, origin="the Dag's code")
    path = Path(human)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ContractInvalid(str(path), ["expected UTF-8 text, found other bytes"]) from None
    except OSError as error:
        problem = f"expected a YAML file that the worker can read, found: {error.strerror}"
        raise ContractInvalid(str(path), [problem]) from error
    return parse_human_part(parse_yaml(text, str(path)), origin=path.name)


def _check_arguments(required: Collection[str], on_missing: str) -> None:
    names = cards.statement_names()
    problems = [
        f"required: no statement is called {name!r}; known are {', '.join(names)}"
        for name in ([required] if isinstance(required, str) else required)
        if name not in names or isinstance(required, str)
    ]
    if on_missing not in _ON_MISSING:
        problems.append(f"on_missing: expected 'fail' or 'warn', found {on_missing!r}")
    if problems:
        raise ArgumentInvalid("; ".join(problems))


def _card(
    registry: Registry,
    version: VersionFacts,
    run: RunFacts,
    human: HumanPart,
    evidence: list[Evidence],
) -> cards.ModelCard:
    """The card, without secrets: by name in parameters and tags, by value everywhere."""
    card = cards.build_card(
        version=replace(version, tags=_redacted(version.tags)),
        run=replace(run, params=_redacted(run.params), tags=_redacted(run.tags)),
        model_file=read_model_file(registry, version),
        human=human,
        evidence=evidence,
        generated_at=utcnow(),
        generator=f"airflow-gov-provider {__version__}",
    )
    return cards.from_json(_redacted(cards.card_json(card)))


def _redacted(content: Mapping[str, Any]) -> dict[str, Any]:
    from airflow.sdk.log import redact  # type: ignore[attr-defined]

    return cast("dict[str, Any]", redact(dict(content), max_depth=_REDACTION_DEPTH))
