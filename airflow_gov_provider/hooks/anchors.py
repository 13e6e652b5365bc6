"""Anchors of one's own: who else is given each checkpoint, by name in the settings.

``[governance] ledger_anchors`` names callables by their import paths, separated by commas. An
anchor takes the signed checkpoint, a text of a few lines, and puts it where whoever administers the
database cannot change it:

.. code-block:: python

    def write_to_bucket(note: str) -> str:
        name = f"checkpoints/{time.time_ns()}"
        version = bucket.put(name, note.encode(), lock_days=3650)
        return f"{name}?version={version}"

* It returns a receipt, as text or bytes of at most 48 KiB, or None. The receipt becomes an event of
  the ledger, which many people may read: there must be no secret in it.
* It raises whatever it likes when it fails, and is called again later, perhaps with a newer
  checkpoint, perhaps with the same one. Only the class of the error is logged and shown.
* It runs in a thread of its own, one call at a time; nothing waits for it. It should give up by
  itself within a minute.
* A class may be named instead of a function. It is called once without arguments, and what that
  makes is called with each checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from airflow_gov_provider import config
from airflow_gov_provider.exceptions import ArgumentInvalid

Anchor = Callable[[str], str | bytes | None]

RFC3161 = "rfc3161"


def configured_anchors() -> tuple[str, ...]:
    """The names of the anchors in the settings, apart from the anchor file; each once."""
    names = [name.strip() for name in config.ledger_anchors().split(",") if name.strip()]
    own = [RFC3161] if config.timestamp_url() else []
    return tuple(dict.fromkeys([*own, *names]))


def load_anchor(name: str) -> Anchor:
    """What a name in the settings stands for.

    :raises ArgumentInvalid: if there is nothing of that name to call.
    """
    if name == RFC3161:
        from airflow_gov_provider.hooks.timestamps import configured_authority

        return configured_authority()
    module, _, attribute = name.rpartition(".")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ArgumentInvalid(
            f"[governance] ledger_anchors: expected import paths such as my_package.anchors.write, "
            f"and {name} cannot be imported ({type(error).__name__})"
        ) from error
    made = found() if isinstance(found, type) else found
    if not callable(made):
        raise ArgumentInvalid(
            f"[governance] ledger_anchors: {name} is a {type(made).__name__}; expected a function, "
            "or a class whose instances can be called with a checkpoint"
        )
    anchor: Anchor = made
    return anchor
