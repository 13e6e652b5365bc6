"""``airflow governance ...``: declarations only. Every ``airflow`` command imports this module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow.cli.cli_config import ActionCommand, Arg, GroupCommand, lazy_load_command, positive_int

from airflow_gov_provider.cli.times import moment

_COMMANDS = "airflow_gov_provider.cli.commands"

KINDS = ("quality", "bias", "card", "approval", "promotion")
VERDICTS = ("PASSED", "WARNED", "INSUFFICIENT", "FAILED")

ARG_DAG_ID = Arg(("-d", "--dag-id"), help="Only of this Dag.", metavar="DAG_ID")
ARG_RUN_ID = Arg(("-r", "--run-id"), help="Only of this Dag run.", metavar="RUN_ID")
ARG_TASK_ID = Arg(("-t", "--task-id"), help="Only of this task.", metavar="TASK_ID")
_TIMES = "a span back from now (90s, 30m, 24h, 7d, 2w) or an ISO 8601 time, in UTC without a zone"
ARG_SINCE = Arg(("--since",), type=moment, metavar="TIME", help=f"This time or later: {_TIMES}.")
ARG_UNTIL = Arg(("--until",), type=moment, metavar="TIME", help=f"Before this time: {_TIMES}.")
ARG_LIMIT = Arg(
    ("--limit",),
    type=positive_int(allow_zero=False),
    default=50,
    metavar="N",
    help="Print at most so many, the newest ones (default: 50).",
)
ARG_OUTPUT = Arg(
    ("-o", "--output"),
    choices=("table", "json"),
    default="table",
    help="table for people (the default), json for programs: nothing else is on stdout then.",
)
ARG_TYPE = Arg(("--type",), metavar="TYPE", help="Only of this type, e.g. task_instance.failed.")
ARG_ACTOR = Arg(("--actor",), metavar="USER", help="Only what this user did.")
ARG_KIND = Arg(("--kind",), choices=KINDS, help="Only of this kind.")
ARG_VERDICT = Arg(("--verdict",), type=str.upper, choices=VERDICTS, help="Only with this verdict.")
ARG_EVIDENCE_ID = Arg(("evidence_id",), metavar="ID", help="An id that `evidence list` shows.")
ARG_FORMAT = Arg(
    ("--format",),
    choices=("md", "html", "json"),
    default="md",
    help="md (the default), html (one file, opens in a browser) or json (the source of truth).",
)
ARG_OUTPUT_FILE = Arg(("--output-file",), metavar="FILE", help="Write here instead of to stdout.")
ARG_FOLLOW = Arg(
    ("--follow",), action="store_true", help="Go on until interrupted, for a host of its own."
)

_SCOPE = (ARG_DAG_ID, ARG_RUN_ID, ARG_TASK_ID, ARG_SINCE, ARG_UNTIL, ARG_LIMIT, ARG_OUTPUT)


def _load(path: str) -> Callable[..., Any]:
    command: Callable[..., Any] = lazy_load_command(f"{_COMMANDS}.{path}")
    return command


def get_governance_cli_commands() -> list[GroupCommand]:
    return [
        GroupCommand(
            name="governance",
            help="Evidence, events and model cards of governed Dags",
            description=(
                "Read what gates, approvals and listeners have recorded, and look after the "
                "governance database.\nThese commands are for whoever operates this host: they "
                "read the database directly\nand show every Dag. Users read through the API."
            ),
            subcommands=(_DB, _EVENTS, _EVIDENCE, _CARD, _SHIP),
        )
    ]


_DB = GroupCommand(
    name="db",
    help="The governance database and its schema",
    subcommands=(
        ActionCommand(
            name="migrate",
            help="Bring the schema to the revision that this package needs",
            description="Several hosts may run this at the same time. Nothing is ever deleted.",
            func=_load("db.migrate"),
            args=(),
        ),
        ActionCommand(
            name="check",
            help="Exit with 0 if the database answers and its schema is current, else with 1",
            func=_load("db.check"),
            args=(),
            epilog="Example:\n  airflow governance db check || airflow governance db migrate",
        ),
        ActionCommand(
            name="info",
            help="Where the database is, its revision and how many rows its tables have",
            func=_load("db.info"),
            args=(ARG_OUTPUT,),
        ),
    ),
)

_EVENTS = ActionCommand(
    name="events",
    help="What happened to task instances and Dag runs, newest arrival first",
    func=_load("events.list_events"),
    args=(*_SCOPE, ARG_TYPE, ARG_ACTOR),
    epilog=(
        "Examples:\n"
        "  airflow governance events --since 24h --type task_instance.failed\n"
        "  airflow governance events --dag-id income --output json | jq '.[].event_id'"
    ),
)

_EVIDENCE = GroupCommand(
    name="evidence",
    help="What gates, cards, approvals and promotions recorded",
    subcommands=(
        ActionCommand(
            name="list",
            help="List evidence, newest first",
            func=_load("evidence.list_evidence"),
            args=(*_SCOPE, ARG_KIND, ARG_VERDICT),
            epilog=(
                "Examples:\n"
                "  airflow governance evidence list --verdict FAILED --since 7d\n"
                "  airflow governance evidence list --dag-id income --kind approval --output json"
            ),
        ),
        ActionCommand(
            name="show",
            help="Show one piece of evidence with its findings",
            description=(
                "The digest of the stored document is computed again. If it is not the recorded "
                "one, the document\nwas changed, and the command says so and exits with 1."
            ),
            func=_load("evidence.show"),
            args=(ARG_EVIDENCE_ID, ARG_OUTPUT),
            epilog=(
                "Example:\n  airflow governance evidence show 0199f0a0-5b3e-7c41-9d5e-3f1f6a2b8c90"
            ),
        ),
    ),
)

_CARD = ActionCommand(
    name="card",
    help="Print a model card as Markdown, HTML or JSON",
    func=_load("card.card"),
    args=(ARG_EVIDENCE_ID, ARG_FORMAT, ARG_OUTPUT_FILE),
    epilog=(
        "Examples:\n"
        "  airflow governance evidence list --kind card\n"
        "  airflow governance card 0199f0a0-5b3e-7c41-9d5e-3f1f6a2b8c90 "
        "--format html --output-file card.html"
    ),
)

_SHIP = ActionCommand(
    name="ship",
    help="Bring the events that wait on this host into the database",
    description=(
        "The api-server ships what its own host recorded. Run this on hosts without one: once, "
        "from cron,\nor with --follow as a service."
    ),
    func=_load("ship.ship"),
    args=(ARG_FOLLOW,),
)
