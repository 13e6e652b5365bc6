"""``airflow governance sla ...``: declarations only, like ``cli.definition``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from airflow.cli.cli_config import ActionCommand, Arg, GroupCommand

from airflow_gov_provider.cli.commitment_definition import commitment_commands
from airflow_gov_provider.cli.times import moment, span

STATES = ("pending", "met", "missed", "excused", "void")
GROUPINGS = ("commitment", "dag", "owner")


_WINDOW = Arg(
    ("--window",),
    type=span,
    default=timedelta(days=30),
    metavar="SPAN",
    help="How far to look back: 6h, 30d, 4w (default: 30d).",
)
_UNTIL = Arg(
    ("--until",), type=moment, metavar="TIME", help="From when to look back; now without it."
)
_BY = Arg(("--by",), choices=GROUPINGS, default="commitment", help="A line for each of these.")
_OWNER = Arg(("--owner",), metavar="NAME", help="Only of this owner.")
_COMMITMENT = Arg(
    ("--commitment",), dest="commitment_id", metavar="ID", help="Only of this commitment."
)
_STATE = Arg(("--state",), choices=STATES, help="Only in this state.")
_REPORT_OUTPUT = Arg(
    ("-o", "--output"),
    choices=("table", "json", "csv"),
    default="table",
    help="table for people (the default), json or csv for programs.",
)


def sla_group(
    *, arguments: dict[str, Arg], load: Callable[[str], Callable[..., Any]]
) -> GroupCommand:
    """The group.

    :param arguments: those that other lists take as well, by name.
    :param load: gives the command at a path below ``cli.commands``.
    """
    dag_id, limit, output = (arguments[name] for name in ("dag_id", "limit", "output"))
    return GroupCommand(
        name="sla",
        help="What is promised about Dags, and what became of it",
        subcommands=(
            ActionCommand(
                name="report",
                help="How well promises are kept, with error budgets and burn rates",
                description=(
                    "Attainment is the share that was met, of what was met or missed; what is "
                    "excused, void or\npending is not counted. A burn rate of 1 uses the error "
                    "budget up in just the time that it is for."
                ),
                func=load("sla.report"),
                args=(_WINDOW, _UNTIL, _BY, dag_id, _OWNER, _COMMITMENT, _REPORT_OUTPUT),
                epilog=(
                    "Examples:\n"
                    "  airflow governance sla report --window 7d --by owner\n"
                    "  airflow governance sla report --dag-id income -o csv"
                ),
            ),
            ActionCommand(
                name="outcomes",
                help="List outcomes of runs, days and updates, the newest first",
                func=load("sla.list_outcomes"),
                args=(
                    *(dag_id, arguments["run_id"], _COMMITMENT, _OWNER, _STATE),
                    *(arguments["since"], arguments["until"], limit, output),
                ),
                epilog=(
                    "Example:\n  airflow governance sla outcomes --state missed --since 7d -o json"
                ),
            ),
            *commitment_commands(arguments=arguments, owner=_OWNER, load=load),
        ),
    )
