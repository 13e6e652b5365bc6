"""A client of MLflow, and its errors told apart by whether a retry can help.

Nothing here changes MLflow's process-wide settings: the addresses are arguments of the client.

MLflow repeats a failed HTTP request for minutes by default. A task has retries of its own, so while
our requests run, the limits below stand in for MLflow's defaults; whoever sets MLflow's own
environment variables keeps their values. (A tracking *database* that is away is tried ten times by
MLflow itself, over about 100 seconds; that cannot be set.) MLflow decides about its telemetry when
it is imported, so it is imported inside of ``client()`` only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_gov_provider import config
from airflow_gov_provider.domain.cards.text import without_credentials
from airflow_gov_provider.exceptions import (
    GovernanceError,
    ModelNotFound,
    RegistryError,
    RegistryUnavailable,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

REQUEST_DEFAULTS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}

_MAX_DETAIL = 300
_PASSING = {"INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED", "ABORTED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """One MLflow, by its addresses; ``name`` is safe to show and to record."""

    tracking_uri: str
    registry_uri: str

    @property
    def name(self) -> str:
        return without_credentials(self.registry_uri)

    @contextmanager
    def client(self) -> Iterator[MlflowClient]:
        """A client, inside of which every failure is one of ours.

        :raises RegistryUnavailable: if MLflow cannot be reached.
        :raises ModelNotFound: if it has not got what was asked for.
        :raises RegistryError: if it refuses the request.
        """
        with _request_defaults(), self._translated():
            from mlflow import MlflowClient

            yield MlflowClient(tracking_uri=self.tracking_uri, registry_uri=self.registry_uri)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except GovernanceError:
            raise
        except MlflowException as error:
            # Without its cause, whose text may hold the address with its password.
            raise self._ours(error) from None
        except (OSError, SQLAlchemyError) as error:
            raise self._unavailable(error) from None

    def _ours(self, error: MlflowException) -> RegistryError:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return ModelNotFound(f"MLflow at {self.name}: {_detail(error)}")
        if error.error_code in _PASSING:
            return self._unavailable(error)
        return RegistryError(
            f"MLflow at {self.name} refused ({error.error_code}): {_detail(error)}"
        )

    def _unavailable(self, error: Exception) -> RegistryUnavailable:
        return RegistryUnavailable(
            f"MLflow at {self.name} did not answer ({_detail(error)}); check that it is running, "
            "and the settings mlflow_tracking_uri and mlflow_registry_uri of [governance]"
        )


def registry_at(tracking_uri: str | None = None, registry_uri: str | None = None) -> Registry:
    """The MLflow that the arguments name, else the settings, else MLflow's own environment."""
    tracking = tracking_uri or config.mlflow_tracking_uri()
    registry = registry_uri or config.mlflow_registry_uri()
    if tracking is None or registry is None:
        with _request_defaults():
            import mlflow

            # A tracking server is its own registry unless MLflow's environment says otherwise.
            registry = registry or tracking or mlflow.get_registry_uri()
            tracking = tracking or mlflow.get_tracking_uri()
    return Registry(tracking_uri=tracking, registry_uri=registry)


@contextmanager
def _request_defaults() -> Iterator[None]:
    unset = [name for name in REQUEST_DEFAULTS if name not in os.environ]
    os.environ.update({name: REQUEST_DEFAULTS[name] for name in unset})
    try:
        yield
    finally:
        for name in unset:
            os.environ.pop(name, None)


def _detail(error: Any) -> str:
    """The first line, without credentials: MLflow appends SQL and tracebacks."""
    lines = without_credentials(str(error)).strip().splitlines()
    return lines[0][:_MAX_DETAIL] if lines else type(error).__name__
