"""Data contracts: a document, in the native format or ODCS, becomes expectations.

All mistakes of a document are reported together, each with its place in it, before anybody reads
data.
"""

from airflow_gov_provider.domain.contracts.documents import is_inline
from airflow_gov_provider.domain.contracts.loading import load
from airflow_gov_provider.domain.contracts.model import Contract, NotEvaluated

__all__ = ["Contract", "NotEvaluated", "is_inline", "load"]
