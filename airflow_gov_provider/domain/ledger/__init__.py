"""The tamper-evident ledger: an RFC 6962 tree over stored bytes, and C2SP notes that sign it.

Whoever imports this package gets the standard library, and ``cryptography`` once a signature is
made or checked; a stranger can therefore verify without Airflow.
"""
