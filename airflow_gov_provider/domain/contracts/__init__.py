"""Data contracts: a document, in the native format or ODCS, becomes expectations.

All mistakes of a document are reported together, each with its place in it, before anybody reads
data. Loaded on first use, because Dag files import parts of the package that need no contract.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_gov_provider.domain.contracts.documents import is_inline
    from airflow_gov_provider.domain.contracts.loading import load
    from airflow_gov_provider.domain.contracts.model import Contract, NotEvaluated

__all__ = ["Contract", "NotEvaluated", "is_inline", "load"]

_HOMES = {
    "Contract": "model",
    "NotEvaluated": "model",
    "is_inline": "documents",
    "load": "loading",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
