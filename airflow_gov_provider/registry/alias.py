"""Aliases of registered models. MLflow lets the last writer win; the lock is the caller's."""

from __future__ import annotations

from airflow_gov_provider.registry.connection import Registry


def version_of(registry: Registry, name: str, alias: str) -> str | None:
    """The version that the alias points to, None if the model has no such alias.

    :raises ModelNotFound: if there is no such model.
    """
    with registry.client() as client:
        found = client.get_registered_model(name).aliases.get(alias)
        return None if found is None else str(found)


def all_of(registry: Registry, name: str) -> dict[str, str]:
    """Every alias of the model with the version that it points to.

    :raises ModelNotFound: if there is no such model.
    """
    with registry.client() as client:
        found = client.get_registered_model(name).aliases
        return {str(alias): str(version) for alias, version in found.items()}


def point(registry: Registry, name: str, alias: str, version: str) -> None:
    """Let the alias point to the version."""
    with registry.client() as client:
        client.set_registered_model_alias(name, alias, version)
