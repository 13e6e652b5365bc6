"""``airflow governance quality ...``: declarations only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from airflow.cli.cli_config import ActionCommand, Arg, GroupCommand

_DAG_ID = Arg(("-d", "--dag-id"), required=True, metavar="DAG_ID", help="The Dag of the gate.")
_TASK_ID = Arg(("-t", "--task-id"), required=True, metavar="TASK_ID", help="The gate's task.")
_CHECK = Arg(("--check",), metavar="ID", help="The results of this check, one a line.")
_BEFORE = Arg(
    ("--before",),
    metavar="EVIDENCE_ID",
    help="Only what was recorded before this evidence: the last line of a list, to go on with.",
)

Load = Callable[[str], Callable[..., Any]]


def quality_group(*, arguments: Mapping[str, Arg], load: Load) -> GroupCommand:
    """:param load: gives the command at a path below ``cli.commands``."""
    return GroupCommand(
        name="quality",
        help="What the checks of gates found over time",
        subcommands=(
            ActionCommand(
                name="history",
                help="The results of one gate's checks over its runs, newest first",
                description=(
                    "A DataQualityGate or a BiasCheck. Every attempt is kept: a retry or a "
                    "cleared run adds a line and changes\nnone. Without --check, how often each "
                    "check passed among the attempts shown, and its last result."
                ),
                func=load("quality.history"),
                args=(_DAG_ID, _TASK_ID, _CHECK, _BEFORE, *arguments.values()),
                epilog=(
                    "Examples:\n"
                    "  airflow governance quality history --dag-id income --task-id check\n"
                    "  airflow governance quality history --dag-id income --task-id check "
                    "--check age.range --since 30d --json"
                ),
            ),
        ),
    )
