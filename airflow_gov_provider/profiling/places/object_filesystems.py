"""Object stores and web servers through fsspec, for a DuckDB that has no httpfs.

DuckDB asks for the ranges of a file that it needs, so columns that no check looks at are not
fetched here either; but each range passes through Python, which takes longer than httpfs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

# Files are not told apart by when they changed: nothing of them is kept from one look to the next.
_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)
_BLOCK = 2**18
_UNDERSTOOD = (HTTPStatus.NOT_FOUND, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)


def filesystem(scheme: str, secret: Mapping[str, str]) -> Any | None:
    """What DuckDB's ``register_filesystem`` takes; None for a scheme that fsspec does not speak.

    :param secret: as in ``objects.Store``.
    :raises ImportError: if a package that speaks it is not installed.
    """
    if scheme.startswith("http"):
        return _web(secret.get("BEARER_TOKEN", ""))
    if scheme == "s3":
        return _s3(secret)
    return None  # fsspec has no way into Google's storage that takes HMAC keys


def _web(token: str) -> Any:
    from fsspec.implementations.http import HTTPFileSystem

    class Web(HTTPFileSystem):  # type: ignore[misc]
        refused_with: int | None = None  # the status of the last answer that was none

        def modified(self, path: str) -> datetime:
            """What DuckDB asks for before it opens a file; a server need not tell it."""
            del path
            return _UNKNOWN

        async def _exists(self, path: str, **kwargs: Any) -> bool:
            """By its head: fsspec would begin to fetch all of it."""
            try:
                await self._info(path, **kwargs)
            except FileNotFoundError:
                return False
            return True

    async def refuse(response: Any) -> None:
        """A redirection could lead out of the store, and to fsspec what comes with one would be the
        data. What is not there, or ends before the range that is asked for, fsspec understands.
        """
        if response.status >= HTTPStatus.MULTIPLE_CHOICES and response.status not in _UNDERSTOOD:
            found.refused_with = response.status
            raise OSError(f"the server answered {response.status}")

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    found = Web(
        block_size=_BLOCK,
        client_kwargs={"headers": headers, "raise_for_status": refuse},
        allow_redirects=False,
        skip_instance_cache=True,
    )
    return found


def _s3(secret: Mapping[str, str]) -> Any:
    from s3fs import S3FileSystem

    client: dict[str, Any] = {}
    if region := secret.get("REGION"):
        client["region_name"] = region
    if endpoint := secret.get("ENDPOINT"):
        client["endpoint_url"] = (
            f"http{'' if secret.get('USE_SSL') == 'false' else 's'}://{endpoint}"
        )
    return S3FileSystem(
        anon=not secret,
        key=secret.get("KEY_ID"),
        secret=secret.get("SECRET"),
        token=secret.get("SESSION_TOKEN"),
        client_kwargs=client,
        default_block_size=_BLOCK,
        use_listings_cache=False,
        skip_instance_cache=True,
    )
