"""``airflow governance ...``: declarations only. Every ``airflow`` command imports this module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow.cli.cli_config import ActionCommand, Arg, GroupCommand, lazy_load_command, positive_int

from airflow_gov_provider.cli.contract_definition import contract_group
from airflow_gov_provider.cli.incident_definition import incidents_group
from airflow_gov_provider.cli.quality_definition import quality_group
from airflow_gov_provider.cli.sla_definition import sla_group
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
ARG_JSON = Arg(("--json",), action="store_true", help="The same as -o json.")
ARG_TYPE = Arg(("--type",), metavar="TYPE", help="Only of this type, e.g. task_instance.failed.")
ARG_ACTOR = Arg(("--actor",), metavar="USER", help="Only what this user did.")
ARG_CATEGORY = Arg(
    ("--category",), metavar="NAME", help="Only types that begin so, e.g. override or dag_run."
)
ARG_WITHOUT_TYPE = Arg(
    ("--without-type",), metavar="TYPE", help="None of this type, e.g. ledger.witnessed."
)
ARG_STATE = Arg(("--state",), metavar="STATE", help="Only this state, e.g. failed.")
ARG_WITNESS = Arg(("--witness",), metavar="NAME", help="Only what this witness gave.")
ARG_MAP_INDEX = Arg(
    ("--map-index",), type=int, metavar="N", help="Only this index of the mapped --task-id."
)
ARG_TRY_NUMBER = Arg(("--try-number",), type=int, metavar="N", help="Only this try of --task-id.")
ARG_QUERY = Arg(
    ("-q", "--query"),
    dest="q",
    metavar="WORDS",
    help="Only with all of these words in ids, names or payload, in any case.",
)
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

ARG_ONCE = Arg(
    ("--once",), action="store_true", help="Do each duty once; exit with 1 if one failed."
)

ARG_FULL = Arg(("--full",), action="store_true", help="Read everything; this is the default.")
ARG_EVENT_ID = Arg(("event_id",), metavar="ID", help="An id that `events -o json` shows.")
ARG_KEY = Arg(
    ("--key",),
    action="append",
    metavar="KEY",
    help="Trust this verifier key instead of the keys of this host. May be given several times.",
)
ARG_ANCHORS = Arg(
    ("--anchors",), metavar="FILE", help="Compare with this file instead of ledger_anchor_file."
)
ARG_BUNDLE = Arg(
    ("-o", "--output-file"), required=True, metavar="FILE", help="The zip file to write."
)
ARG_LIST = Arg(("--list",), action="store_true", help="Show what the anchors answered so far.")
ARG_REPLACE = Arg(
    ("--replace",), action="store_true", help="Make a new key that signs from now on."
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
            subcommands=(
                *(_DB, _EVENTS, _EVENT, _EVIDENCE, _CARD, _LEDGER),
                *(_CONTRACTS, _QUALITY, _SLA, _INCIDENTS, _SHIP, _COLLECTOR),
            ),
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
    args=(
        *_SCOPE,
        ARG_MAP_INDEX,
        ARG_TRY_NUMBER,
        ARG_TYPE,
        ARG_CATEGORY,
        ARG_WITHOUT_TYPE,
        ARG_STATE,
        ARG_ACTOR,
        ARG_WITNESS,
        ARG_QUERY,
    ),
    epilog=(
        "Examples:\n"
        "  airflow governance events --since 24h --type task_instance.failed\n"
        "  airflow governance events --category override --query 's3://bucket/census.csv'\n"
        "  airflow governance events --dag-id income --output json | jq '.[].event_id'"
    ),
)

_EVENT = ActionCommand(
    name="event",
    help="One event, and what everyone saw of it who saw it",
    func=_load("events.show"),
    args=(ARG_EVENT_ID, ARG_OUTPUT),
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

_COLLECTOR = ActionCommand(
    name="collector",
    help="Run the collector as a process of its own",
    description=(
        "It ships the events of its host, seals the ledger and does all else that the collector "
        "in the api-server does.\nAny number of collectors may run: one of them leads, and when "
        "it dies another one takes over within seconds.\nSet `collector` of the section governance "
        "to external to have none in the api-server. SIGTERM and SIGINT end it cleanly."
    ),
    func=_load("collector.collector"),
    args=(ARG_ONCE,),
    epilog=("Examples:\n  airflow governance collector\n  airflow governance collector --once"),
)

_LEDGER = GroupCommand(
    name="ledger",
    help="The tamper-evident ledger: verify, prove, export",
    subcommands=(
        ActionCommand(
            name="verify",
            help="Read the ledger again and name every row that was changed",
            description=(
                "Every event is hashed again, the tree is folded anew and compared with every "
                "signed checkpoint and\nevery anchor, and evidence and votes are compared with "
                "the digests in the ledger. Exits with 1 if anything is wrong."
            ),
            func=_load("ledger.verify"),
            args=(ARG_FULL, ARG_SINCE, ARG_KEY, ARG_ANCHORS, ARG_OUTPUT),
            epilog=(
                "Examples:\n"
                "  airflow governance ledger verify\n"
                "  airflow governance ledger verify --since 24h -o json"
            ),
        ),
        ActionCommand(
            name="prove",
            help="Print the proof that one event is in the ledger, for whoever has the key",
            func=_load("ledger.prove"),
            args=(ARG_EVENT_ID, ARG_OUTPUT_FILE),
        ),
        ActionCommand(
            name="export",
            help="Write events with their proofs into a zip file that verifies without Airflow",
            description=(
                "Whoever has the verifier keys in a file checks it with\n"
                "`python -m airflow_gov_provider.verify BUNDLE --key FILE`."
            ),
            func=_load("ledger.export"),
            args=(ARG_DAG_ID, ARG_RUN_ID, ARG_SINCE, ARG_UNTIL, ARG_BUNDLE),
            epilog=("Example:\n  airflow governance ledger export --dag-id income -o income.zip"),
        ),
        ActionCommand(
            name="checkpoint",
            help="Print the newest signed checkpoint",
            func=_load("ledger.checkpoint"),
            args=(),
        ),
        ActionCommand(
            name="keys",
            help="Print the verifier keys, the current one first, or replace the signing key",
            description=(
                "Verifier keys are public: hand them to whoever verifies. The secret is not "
                "printed."
            ),
            func=_load("ledger.keys"),
            args=(ARG_REPLACE,),
        ),
        ActionCommand(
            name="anchor",
            help="Give the newest checkpoint to the anchor file and all other anchors now",
            description=(
                "Exits with 1 if an anchor did not take it. Receipts are listed newest first, and "
                "as JSON with the\ncheckpoint that each is for."
            ),
            func=_load("anchors.anchor"),
            args=(ARG_LIST, ARG_OUTPUT),
        ),
        ActionCommand(
            name="status",
            help="How complete the record is: gaps, findings, what waits, what is sealed",
            func=_load("status.status"),
            args=(ARG_OUTPUT, ARG_JSON),
        ),
        ActionCommand(
            name="reconcile",
            help="Compare Airflow's tables with the events and print what either side lacks",
            description=(
                "Every terminal state of a task instance, of its earlier tries and of a Dag run "
                "must have its event, and\nonce. Exits with 1 if one is missing or doubled. Runs "
                "under way are listed as such, and what Airflow\nhas deleted meanwhile is told "
                "but is nothing wrong."
            ),
            func=_load("reconcile.reconcile"),
            args=(ARG_SINCE, ARG_UNTIL, ARG_DAG_ID, ARG_OUTPUT, ARG_JSON),
            epilog=(
                "Examples:\n"
                "  airflow governance ledger reconcile --since 24h\n"
                "  airflow governance ledger reconcile --dag-id income --json"
            ),
        ),
        ActionCommand(
            name="seal",
            help="Seal the events that wait, where no collector does",
            func=_load("ledger.seal"),
            args=(),
        ),
    ),
)

_CONTRACTS = contract_group(output=ARG_OUTPUT, load=_load)
_INCIDENTS = incidents_group(scope=_SCOPE, limit=ARG_LIMIT, output=ARG_OUTPUT, load=_load)
_QUALITY = quality_group(
    arguments={
        "run_id": ARG_RUN_ID,
        "map_index": ARG_MAP_INDEX,
        "since": ARG_SINCE,
        "until": ARG_UNTIL,
        "limit": ARG_LIMIT,
        "output": ARG_OUTPUT,
        "json": ARG_JSON,
    },
    load=_load,
)
_SLA = sla_group(
    arguments={
        "dag_id": ARG_DAG_ID,
        "run_id": ARG_RUN_ID,
        "since": ARG_SINCE,
        "until": ARG_UNTIL,
        "limit": ARG_LIMIT,
        "output": ARG_OUTPUT,
    },
    load=_load,
)
