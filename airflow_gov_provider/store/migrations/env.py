"""Alembic's way in; the connection comes from ``store.database.migrate``."""

from alembic import context

from airflow_gov_provider.store.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
