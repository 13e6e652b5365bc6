"""What is written to MLflow beside an alias: artifacts of a run and tags of a version."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from airflow_gov_provider.domain.cards.text import without_credentials
from airflow_gov_provider.registry.connection import Registry


def log_artifacts(registry: Registry, run_id: str, files: Mapping[str, bytes], *, path: str) -> str:
    """Put files into a run's artifacts.

    :param files: file name -> content.
    :param path: directory inside the run's artifacts.
    :returns: the directory's URI, safe to show.
    """
    with registry.client() as client, tempfile.TemporaryDirectory() as directory:
        for name, content in files.items():
            (Path(directory) / name).write_bytes(content)
        client.log_artifacts(run_id, directory, artifact_path=path)
        root = client.get_run(run_id).info.artifact_uri
    return without_credentials(f"{root.rstrip('/')}/{path}")


def tag_version(registry: Registry, name: str, version: str, tags: Mapping[str, str]) -> None:
    with registry.client() as client:
        for key, value in tags.items():
            client.set_model_version_tag(name, version, key, value)
