"""The Open Data Contract Standard, v3.0 and v3.1 (https://bitol-io.github.io/open-data-contract-standard/).

What it asks of one schema object becomes expectations; what cannot be evaluated is listed, never
dropped. The other objects of the document are read for their mistakes, too.
"""

from airflow_gov_provider.domain.contracts.odcs.document import read

__all__ = ["read"]
