"""Object stores that a gate may read: those that the settings name, and no others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from airflow_gov_provider import config
from airflow_gov_provider.domain.quality.expectations import Expectation, Profile
from airflow_gov_provider.domain.quality.quarantine import Kept, Quarantine, Stamp
from airflow_gov_provider.exceptions import ArgumentInvalid

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from airflow_gov_provider.profiling.places.objects import Store
    from airflow_gov_provider.profiling.places.resources import Resources

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    """Parquet or CSV behind an address of an object store or a web server."""

    address: str
    resources: Resources

    def profile(self, expectations: Sequence[Expectation]) -> Profile:
        """Measure the objects.

        :raises ArgumentInvalid: if the settings allow no such address, before anything is asked.
        :raises SourceInvalid: if there is no such object, or it cannot be read as a table.
        :raises SourceUnavailable: if the store cannot be reached.
        """
        from airflow_gov_provider.profiling.places.objects import profile_objects

        store = store_of(self.address)
        return profile_objects(self.address, expectations, store=store, resources=self.resources)

    def look(self, work: Callable[..., T]) -> T:
        """As ``profile``, for a look of any other kind."""
        from airflow_gov_provider.profiling.places.look import in_objects

        store = store_of(self.address)
        return in_objects(self.address, work, store=store, resources=self.resources)

    def put_aside(
        self,
        expectations: Sequence[Expectation],
        profile: Profile,
        *,
        spec: Quarantine,
        stamp: Stamp,
    ) -> Kept:
        """Into a directory of this machine: a store is only read."""
        from airflow_gov_provider.profiling.places.objects import opened_objects
        from airflow_gov_provider.profiling.quarantine.files import quarantine_to_file

        store = store_of(self.address)

        def opens(partial: Path) -> Any:
            return opened_objects(
                self.address, expectations, store=store, resources=self.resources, also=[partial]
            )

        return quarantine_to_file(opens, expectations, profile, spec=spec, stamp=stamp)

    def described(self) -> dict[str, Any]:
        return {"kind": "objects", "address": self.address, "sha256": None}


def store_of(address: str) -> Store:
    """The store of the settings that an address lies in; of several, the one that says most.

    :raises ArgumentInvalid: if there is none.
    """
    from airflow_gov_provider.profiling.places.objects import Store

    allowed = config.object_stores()
    fitting = [prefix for prefix in allowed if address.startswith(prefix)]
    if not fitting:
        named = ", ".join(allowed) or "none"
        raise ArgumentInvalid(
            f"{urlsplit(address).scheme}://...: expected an address below one of those that "
            f"[governance] object_stores names ({named}); add its beginning there"
        )
    prefix = max(fitting, key=len)
    conn_id = allowed[prefix]
    return Store(prefix=prefix, secret=_secret(conn_id, prefix) if conn_id else {})


def _secret(conn_id: str, prefix: str) -> Mapping[str, str]:
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        connection = BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        raise ArgumentInvalid(
            f"[governance] object_stores: Airflow has no connection {conn_id!r}; create it"
        ) from None
    return secret_of(connection, urlsplit(prefix).scheme)


def secret_of(connection: Connection, scheme: str) -> Mapping[str, str]:
    """What DuckDB has to know: the keys of an ``aws`` connection, the HMAC keys of one to Google's
    storage as login and password, or the token of one to a web server as its password.
    """
    if scheme.startswith("http"):
        return {"TYPE": "http", "BEARER_TOKEN": str(connection.password or "")}
    keys = {"KEY_ID": str(connection.login or ""), "SECRET": str(connection.password or "")}
    if scheme == "gs":
        return {"TYPE": "gcs", **keys}
    extra = connection.extra_dejson
    found = {"TYPE": "s3", **keys}
    if region := extra.get("region_name"):
        found["REGION"] = str(region)
    if token := extra.get("aws_session_token"):
        found["SESSION_TOKEN"] = str(token)
    if endpoint := urlsplit(str(extra.get("endpoint_url") or "")).netloc:
        found |= {"ENDPOINT": endpoint, "URL_STYLE": "path"}
        found["USE_SSL"] = str(str(extra["endpoint_url"]).startswith("https")).lower()
    return found
