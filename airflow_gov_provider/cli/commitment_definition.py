"""What ``airflow governance sla ...`` says of promises themselves: declarations only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from airflow.cli.cli_config import ActionCommand, Arg

_FILE = Arg(("file",), metavar="FILE", help="The YAML file to check.")
_ALL = Arg(("--all",), action="store_true", help="Also what nobody promises any more.")


def commitment_commands(
    *, arguments: Mapping[str, Arg], owner: Arg, load: Callable[[str], Callable[..., Any]]
) -> tuple[ActionCommand, ...]:
    """:param arguments: those that other lists take as well, by name.
    :param load: gives the command at a path below ``cli.commands``.
    """
    dag_id, limit, output = (arguments[name] for name in ("dag_id", "limit", "output"))
    return (
        ActionCommand(
            name="commitments",
            help="List what is promised, by Dag",
            func=load("commitments.list_commitments"),
            args=(dag_id, owner, _ALL, limit, output),
            epilog="Example:\n  airflow governance sla commitments --dag-id income",
        ),
        ActionCommand(
            name="lint",
            help="Check a file of commitments and print all of its problems",
            description=(
                "Nothing is declared and no database is read. Exits with 1 if anything is wrong."
            ),
            func=load("commitments.lint"),
            args=(_FILE,),
            epilog="Example:\n  airflow governance sla lint /etc/airflow/commitments.yaml",
        ),
    )
