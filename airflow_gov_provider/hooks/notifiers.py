"""From a channel of the rules to the notifier of Airflow that it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from airflow_gov_provider.domain.incidents.rules import Channel
from airflow_gov_provider.exceptions import GovernanceError, NoticeFailed


def made_notifier(channel: Channel) -> Callable[[Mapping[str, Any]], None]:
    """What sends a notice when it is called with a context.

    :raises NoticeFailed: if there is no such notifier, or it does not take the arguments; the
        message has none of their values.
    """
    from airflow.sdk import BaseNotifier

    module, _, name = channel.notifier.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except AttributeError as error:
        raise NoticeFailed(f"{module} has no {name}") from error
    except (ImportError, ValueError) as error:
        raise NoticeFailed(
            f"{channel.notifier} cannot be imported ({type(error).__name__}); is its provider "
            "installed?"
        ) from error
    if not (isinstance(found, type) and issubclass(found, BaseNotifier)):
        raise NoticeFailed(f"{channel.notifier} is no BaseNotifier")
    try:
        notifier: Callable[[Mapping[str, Any]], None] = found(**channel.arguments)
    except TypeError as error:
        names = ", ".join(sorted(channel.arguments)) or "no arguments"
        raise NoticeFailed(f"{channel.notifier} does not take {names}") from error
    except GovernanceError as error:
        raise NoticeFailed(str(error)) from error
    return notifier
