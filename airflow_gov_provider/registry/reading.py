"""What MLflow knows of a model version, its run and its packaged model, as facts of ours."""

from __future__ import annotations

import json
import logging
import re
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_gov_provider.domain.cards.facts import (
    DatasetFacts,
    FieldFacts,
    ModelFileFacts,
    RunFacts,
    VersionFacts,
)
from airflow_gov_provider.exceptions import ModelNotFound
from airflow_gov_provider.registry.connection import Registry

if TYPE_CHECKING:
    from mlflow import MlflowClient

log = logging.getLogger(__name__)

_MLFLOW_TAGS = "mlflow."
_LISTED = 10
_MODEL_FILE = "MLmodel"
_MAX_MODEL_FILE_BYTES = 1_000_000

# Flavours whose version is recorded under another name than the library's own.
_LIBRARY_NAMES = {"sklearn": "scikit-learn", "pytorch": "torch"}


def read_version(registry: Registry, name: str, version: str) -> VersionFacts:
    """A registered model version.

    :raises ModelNotFound: saying which models or versions there are.
    """
    with registry.client() as client:
        if not re.fullmatch(r"[1-9]\d*", version):
            raise ModelNotFound(
                f"expected a version number of {name}, found {version!r}; {_versions(client, name)}"
            )
        found = _get(client, name, version)
        return VersionFacts(
            name=found.name,
            version=str(found.version),  # a number from a database, text over HTTP
            run_id=found.run_id or None,
            source=found.source or None,
            registered_at=_time(found.creation_timestamp),
            tags={str(k): str(v) for k, v in (found.tags or {}).items()},
        )


def read_run(registry: Registry, run_id: str) -> RunFacts:
    """A training run with its inputs. :raises ModelNotFound: if there is none."""
    with registry.client() as client:
        run = client.get_run(run_id)
        tags = run.data.tags
        return RunFacts(
            run_id=run.info.run_id,
            started_at=_time(run.info.start_time),
            params=dict(run.data.params),
            metrics=dict(run.data.metrics),
            tags={k: v for k, v in tags.items() if not k.startswith(_MLFLOW_TAGS)},
            datasets=_datasets(run.inputs.dataset_inputs if run.inputs else ()),
            code=_code(tags),
        )


def read_model_file(registry: Registry, version: VersionFacts) -> ModelFileFacts | None:
    """What the packaged model's ``MLmodel`` says; None where there is none to read.

    A model registered from elsewhere may have none, and its storage may need a library that is not
    installed here; a card then says that these facts are missing.
    """
    import yaml

    if version.source is None:
        return None
    with registry.client() as client, tempfile.TemporaryDirectory() as directory:
        from mlflow.exceptions import MlflowException

        try:
            path = _fetched(client, registry, version.source, directory)
            if path is None or path.stat().st_size > _MAX_MODEL_FILE_BYTES:
                return None
            content = yaml.safe_load(path.read_text())
        except (MlflowException, ImportError, OSError, ValueError, yaml.YAMLError) as error:
            # An MLflow that is away must not look like a model without a signature.
            client.get_model_version(version.name, version.version)
            log.warning("no model file of %s: %s", version.source, type(error).__name__)
            return None
    return _model_file(content) if isinstance(content, Mapping) else None


def _get(client: MlflowClient, name: str, version: str) -> Any:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version(name, version)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        missing = f"MLflow has no version {version} of a registered model {name!r}"
        raise ModelNotFound(f"{missing}; {_versions(client, name)}") from None


def _versions(client: MlflowClient, name: str) -> str:
    """What there is instead, for an error message."""
    escaped = name.replace("'", "''")
    found = client.search_model_versions(f"name = '{escaped}'", max_results=_LISTED)
    if found:
        numbers = sorted((int(v.version) for v in found), reverse=True)
        return f"versions of {name} are {', '.join(map(str, numbers))}"
    models = [m.name for m in client.search_registered_models(max_results=_LISTED)]
    return f"registered models are {', '.join(models)}" if models else "it has no registered models"


def _datasets(inputs: Iterable[Any]) -> tuple[DatasetFacts, ...]:
    return tuple(
        DatasetFacts(
            name=item.dataset.name,
            digest=item.dataset.digest or None,
            role=next((t.value for t in item.tags if t.key == "mlflow.data.context"), None),
            source=_source(item.dataset.source),
            rows=_rows(item.dataset.profile),
        )
        for item in inputs
    )


def _source(text: str | None) -> str | None:
    """Where a data set came from; the code of a data set built in code is its program."""
    content = _parsed(text)
    for key in ("uri", "path", "url", "table_name", "source"):
        if isinstance(content.get(key), str):
            return str(content[key])
    tags = content.get("tags")
    return (
        str(tags["mlflow.source.name"])
        if isinstance(tags, dict) and "mlflow.source.name" in tags
        else None
    )


def _rows(profile: str | None) -> int | None:
    rows = _parsed(profile).get("num_rows")
    return rows if isinstance(rows, int) else None


def _parsed(text: str | None) -> dict[str, Any]:
    try:
        content = json.loads(text or "{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _code(tags: Mapping[str, str]) -> str | None:
    program = tags.get("mlflow.source.name")
    commit = tags.get("mlflow.source.git.commit")
    if program and commit:
        return f"{program} at commit {commit}"
    return program or (f"commit {commit}" if commit else None)


def _time(milliseconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC) if milliseconds else None


def _fetched(client: MlflowClient, registry: Registry, source: str, directory: str) -> Path | None:
    from mlflow.artifacts import download_artifacts

    if source.startswith("models:/m-"):
        location = client.get_logged_model(source.removeprefix("models:/")).artifact_location
    else:
        location = source
    path = download_artifacts(
        artifact_uri=f"{location.rstrip('/')}/{_MODEL_FILE}",
        dst_path=directory,
        tracking_uri=registry.tracking_uri,
    )
    return Path(path)


def _model_file(content: Mapping[str, Any]) -> ModelFileFacts:
    flavors = content.get("flavors")
    flavors = flavors if isinstance(flavors, dict) else {}
    libraries = [name for name in flavors if name != "python_function"]
    versions: dict[str, str] = {}
    for library in libraries:
        found = flavors[library].get(f"{library}_version")
        if found:
            versions[_LIBRARY_NAMES.get(library, library)] = str(found)
    python = flavors.get("python_function", {}).get("python_version")
    if python:
        versions["python"] = str(python)
    if content.get("mlflow_version"):
        versions["mlflow"] = str(content["mlflow_version"])
    signature = content.get("signature")
    signature = signature if isinstance(signature, dict) else {}
    return ModelFileFacts(
        library=libraries[0] if libraries else ("python_function" if flavors else None),
        versions=versions,
        inputs=_fields(signature.get("inputs")),
        outputs=_fields(signature.get("outputs")),
    )


def _fields(text: Any) -> tuple[FieldFacts, ...]:
    """A signature's columns or tensors; MLflow keeps them as JSON inside YAML."""
    try:
        items = json.loads(text) if isinstance(text, str) else ()
    except ValueError:
        return ()
    return tuple(
        FieldFacts(
            name=str(item.get("name") or ""),
            type=_type(item),
            required=bool(item.get("required", True)),
        )
        for item in items
        if isinstance(item, dict)
    )


def _type(item: Mapping[str, Any]) -> str:
    tensor = item.get("tensor-spec")
    if isinstance(tensor, dict):
        return f"tensor of {tensor.get('dtype')}, shape {tensor.get('shape')}"
    return str(item.get("type", "unknown"))
