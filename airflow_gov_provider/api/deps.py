"""Who is asking, and which Dags may they read: the only module here that imports Airflow.

Airflow mounts a plugin's app without any authentication, so ``authenticated`` stands before every
route of ours. Whatever keeps us from deciding (the auth manager raises, Airflow's database is away)
is an error for the caller and never an answer.

Which rows a user sees:

* Every Dag that has left a row is put to the auth manager by its id, whether Airflow still has it
  or not. A deleted Dag's trail therefore does not vanish with the Dag: it stays visible to whoever
  may read a Dag of that name.
* With ``[core] multi_team`` a Dag belongs to a team through its bundle. A deleted Dag's team is not
  known any more, so its rows are for users who belong to every team.
* Rows that belong to no Dag are for users who may read every Dag that has left a row.

To ask about every Dag may take longer than to read a page, so which of them a user may read is
remembered for ``REMEMBERED_SECONDS``. That only says where to look: the Dags of what was found are
asked about again in each request, so that a right which is withdrawn ends at once. Where it is
given, or where rows of no Dag are concerned, it may take those seconds until a change shows.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection, Table

from airflow_gov_provider.api.errors import Refusal
from airflow_gov_provider.store.dag_ids import recorded_dag_ids
from airflow_gov_provider.store.search.index import event_dag_ids
from airflow_gov_provider.store.tables import event

log = logging.getLogger(__name__)

Item = TypeVar("Item")

REMEMBERED_SECONDS = 5.0
_MOST_REMEMBERED = 500

_bearer = HTTPBearer(
    auto_error=False, scheme_name="token", description="A token of `POST /auth/token`."
)
# Only for the documentation; Airflow reads the cookie itself.
_cookie = APIKeyCookie(
    name="_token", auto_error=False, scheme_name="cookie", description="A signed-in browser."
)


async def authenticated(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    _signed_in: Annotated[str | None, Security(_cookie)],
) -> Any:
    """The user that Airflow's auth manager sees in the token or the cookie.

    :raises Refusal: 401 for everyone else, 503 if nobody can tell.
    """
    try:
        from airflow.api_fastapi.core_api.security import get_user

        user = await get_user(request, None, bearer)
    except HTTPException as error:
        raise _anonymous() from error
    except Exception as error:
        log.exception("a user could not be authenticated")
        raise _undecided() from error
    if user is None:
        raise _anonymous()
    return user


def _anonymous() -> Refusal:
    return Refusal(
        HTTPStatus.UNAUTHORIZED,
        "unauthenticated",
        "expected a valid Airflow token, as `Authorization: Bearer ...` or as the cookie of a "
        "signed-in browser; get one with POST /auth/token",
        headers={"WWW-Authenticate": "Bearer"},
    )


def _undecided() -> Refusal:
    return Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "access_undecided",
        "Airflow could not say whether you may read this; the api-server's log says why",
    )


class Reader(Protocol):
    def readable(self, dag_ids: AbstractSet[str]) -> AbstractSet[str]:
        """Those of the Dags that this reader may read."""

    def identity(self) -> str | None:
        """The same for the same user with the same rights; None if nothing is to be remembered."""


class AirflowReader:
    """Asks Airflow's auth manager, once a Dag and request."""

    def __init__(self, user: Any) -> None:
        self._user = user
        self._decided: dict[str, bool] = {}

    def identity(self) -> str | None:
        """What a token would say of the user: with one auth manager that includes the role."""
        return self._identity

    @cached_property
    def _identity(self) -> str | None:
        try:
            from airflow.api_fastapi.app import get_auth_manager

            said = get_auth_manager().serialize_user(self._user)
            text = json.dumps([type(self._user).__qualname__, said], sort_keys=True)
            return hashlib.sha256(text.encode()).hexdigest()  # it may hold a token
        except Exception:
            log.warning("which Dags a user may read is not remembered", exc_info=True)
            return None

    def readable(self, dag_ids: AbstractSet[str]) -> AbstractSet[str]:
        """:raises Refusal: 503 if the auth manager fails; nothing is readable then."""
        undecided = dag_ids - self._decided.keys()
        if undecided:
            try:
                allowed = self._ask(undecided)
            except Exception as error:
                log.exception("the auth manager could not decide on %d Dags", len(undecided))
                raise _undecided() from error
            self._decided.update({dag_id: dag_id in allowed for dag_id in undecided})
        return {dag_id for dag_id in dag_ids if self._decided[dag_id]}

    def _ask(self, dag_ids: AbstractSet[str]) -> AbstractSet[str]:
        from airflow.api_fastapi.app import get_auth_manager
        from airflow.configuration import conf

        manager = get_auth_manager()
        if not conf.getboolean("core", "multi_team"):
            return manager.filter_authorized_dag_ids(
                dag_ids=set(dag_ids), user=self._user, method="GET"
            )
        by_team = _dag_ids_by_team(dag_ids)
        deleted = dag_ids - set().union(*by_team.values())
        allowed: set[str] = set()
        for team, of_team in by_team.items():
            allowed |= manager.filter_authorized_dag_ids(
                dag_ids=of_team, user=self._user, method="GET", team_name=team
            )
        if deleted and _belongs_to_every_team(manager, self._user):
            allowed |= manager.filter_authorized_dag_ids(
                dag_ids=set(deleted), user=self._user, method="GET"
            )
        return allowed


def _dag_ids_by_team(dag_ids: AbstractSet[str]) -> dict[str | None, set[str]]:
    """Those of the Dags that Airflow knows, under their team; None for Dags of no team."""
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session(scoped=False) as session:
        known = session.scalars(select(DagModel.dag_id).where(DagModel.dag_id.in_(dag_ids))).all()
        teams = DagModel.get_dag_id_to_team_name_mapping(list(known), session=session)
    by_team: dict[str | None, set[str]] = defaultdict(set)
    for dag_id in known:
        by_team[teams.get(dag_id)].add(dag_id)
    return by_team


def _belongs_to_every_team(manager: Any, user: Any) -> bool:
    from airflow.api_fastapi.auth.managers.models.resource_details import TeamDetails
    from airflow.models.team import Team

    return all(
        manager.is_authorized_team(method="GET", details=TeamDetails(name=name), user=user)
        for name in Team.get_all_team_names()
    )


async def reader(user: Annotated[Any, Depends(authenticated)]) -> Reader:
    return AirflowReader(user)  # a function that is not async would cost a change of threads


ReaderDep = Annotated[Reader, Depends(reader)]


def visible_dag_ids(
    connection: Connection, table: Table, reader: Reader, *, dag_id: str | None
) -> Collection[str] | None:
    """The Dags whose rows of the table the reader may see; None for all rows there are.

    :param dag_id: the one Dag that was asked for, if one was.
    """
    if dag_id is not None:
        return reader.readable({dag_id})
    if (sight := remembered_sight(connection, table, reader)) is None:
        asked_at = time.monotonic()
        sight = Sight(dag_ids=_look(connection, table, reader), asked_at=asked_at)
        _remember(_key(connection, table, reader), sight)
    return sight.dag_ids


def _look(connection: Connection, table: Table, reader: Reader) -> frozenset[str] | None:
    # Events have an index of their Dags, which are sought one by one elsewhere.
    recorded = event_dag_ids(connection) if table is event else recorded_dag_ids(connection, table)
    readable = reader.readable(recorded)
    return None if readable == recorded else frozenset(readable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a user was able to see a moment ago.

    :param dag_ids: None for all rows there are.
    :param asked_at: on the monotonic clock.
    """

    dag_ids: frozenset[str] | None
    asked_at: float


_Key = tuple[str, str, str]
_sights: OrderedDict[_Key, Sight] = OrderedDict()
_changing_sights = threading.Lock()


def remembered_sight(connection: Connection, table: Table, reader: Reader) -> Sight | None:
    """What ``visible_dag_ids`` has found for the same user, if that is not long ago.

    Whoever uses it puts what is found to ``only_visible``.
    """
    key = _key(connection, table, reader)
    sight = None if key is None else _sights.get(key)
    if sight is None or time.monotonic() - sight.asked_at > REMEMBERED_SECONDS:
        return None
    return sight


def _key(connection: Connection, table: Table, reader: Reader) -> _Key | None:
    identity = reader.identity()
    return None if identity is None else (identity, table.name, str(connection.engine.url))


def _remember(key: _Key | None, sight: Sight) -> None:
    if key is None:
        return
    with _changing_sights:
        _sights[key] = sight
        _sights.move_to_end(key)
        if len(_sights) > _MOST_REMEMBERED:
            _sights.popitem(last=False)


def only_visible(
    items: Sequence[Item], reader: Reader, *, dag_id_of: Callable[[Item], str | None]
) -> list[Item]:
    """The items without those of Dags that turned up after ``visible_dag_ids`` had looked."""
    readable = reader.readable({dag_id for item in items if (dag_id := dag_id_of(item))})
    return [item for item in items if (dag_id := dag_id_of(item)) is None or dag_id in readable]
