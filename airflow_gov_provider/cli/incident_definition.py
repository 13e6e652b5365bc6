"""``airflow governance incidents ...``: declarations only, like ``cli.definition``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from airflow.cli.cli_config import ActionCommand, Arg, GroupCommand, positive_int

from airflow_gov_provider.cli.times import moment

STATES = ("open", "acknowledged", "resolved", "unresolved")
SEVERITIES = ("low", "medium", "high", "critical")
RESOLUTIONS = ("fixed", "false_alarm", "accepted", "duplicate")
REGIMES = (
    "eu_ai_act_serious_incident",
    "eu_ai_act_widespread",
    "eu_ai_act_death",
    "gdpr_breach",
)

_ID = Arg(("incident_id",), metavar="ID", help="An id that `incidents list` shows.")
_COMMENT = Arg(("-m", "--comment"), metavar="TEXT", help="What you have to say about it.")
_REQUIRED_COMMENT = Arg(
    ("-m", "--comment"), metavar="TEXT", required=True, help="What you have to say about it."
)
_VERSION = Arg(
    ("--version",),
    type=positive_int(allow_zero=False),
    metavar="N",
    help="Only if the incident still has this version.",
)
_STATE = Arg(
    ("--state",), choices=STATES, help="Only in this state; unresolved: open or acknowledged."
)
_SEVERITY = Arg(("--severity",), choices=SEVERITIES, help="Only of this severity.")
_KIND = Arg(("--kind",), metavar="KIND", help="Only of this kind, e.g. sla_miss.")
_OWNER = Arg(("--owner",), metavar="NAME", help="Only of this owner.")
_ASSIGNEE = Arg(("--assignee",), metavar="USER", help="Only assigned to this user.")
_QUERY = Arg(
    ("-q", "--query"),
    dest="q",
    metavar="TEXT",
    help="Only with this text in the title, the key or a name, in any case.",
)
_USER = Arg(("user",), metavar="USER", nargs="?", help="To whom; without one, to nobody any more.")
_RESOLUTION = Arg(
    ("--reason",), dest="resolution", choices=RESOLUTIONS, required=True, help="Why it is over."
)
_REGIME = Arg(("--regime",), choices=REGIMES, required=True, help="The duty to report.")
_AWARE = Arg(
    ("--aware-at",),
    type=moment,
    metavar="TIME",
    help="When somebody became aware of it (2h, or an ISO 8601 time); now without it.",
)
_REFERENCE = Arg(("--reference",), metavar="TEXT", help="How the authority calls the report.")
_NOTICE = Arg(("notice_id",), metavar="ID", help="An id that `incidents notices` shows.")
_NOTICE_STATE = Arg(
    ("--state",), choices=("waiting", "sending", "delivered", "dead"), help="Only in this state."
)
_FILE = Arg(("file",), metavar="FILE", help="A file as [governance] incident_rules names it.")
_WITHDRAWN = Arg(
    ("--withdrawn",), action="store_true", help="No report is due after all; needs --comment."
)


Load = Callable[[str], Callable[..., Any]]


def incidents_group(*, scope: Sequence[Arg], limit: Arg, output: Arg, load: Load) -> GroupCommand:
    """The group.

    :param scope: arguments that every list takes; ``limit`` and ``output`` are two of them.
    :param load: gives the command at a path below ``cli.commands``.
    """
    return GroupCommand(
        name="incidents",
        help="What is wrong, and what people do about it",
        description=(
            "What you do is recorded under your name on this host, as cli:NAME. Of two people who "
            "change an incident at once,\none wins; the other one is told who did what, and the "
            "command exits with 1."
        ),
        subcommands=(
            *_looks(scope=scope, output=output, load=load),
            *_about_notices(limit=limit, output=output, load=load),
            *_changes(output=output, load=load),
        ),
    )


def _looks(*, scope: Sequence[Arg], output: Arg, load: Load) -> Sequence[ActionCommand]:
    return (
        ActionCommand(
            name="list",
            help="List incidents, newest first",
            func=load("incidents.list_incidents"),
            args=(*scope, _STATE, _SEVERITY, _KIND, _OWNER, _ASSIGNEE, _QUERY),
            epilog=(
                "Examples:\n"
                "  airflow governance incidents list --state unresolved\n"
                "  airflow governance incidents list --dag-id income --since 7d -o json"
            ),
        ),
        ActionCommand(
            name="show",
            help="One incident with its timeline, what lies downstream and what was sent",
            func=load("incidents.show"),
            args=(_ID, output),
        ),
    )


def _about_notices(*, limit: Arg, output: Arg, load: Load) -> Sequence[ActionCommand]:
    return (
        ActionCommand(
            name="lint",
            help="Check a file of rules: exit with 0 if it can be used, else with 1",
            description="Channels are made as if to send, and nothing is sent.",
            func=load("incidents.lint"),
            args=(_FILE,),
        ),
        ActionCommand(
            name="notices",
            help="What was or is to be sent about incidents, newest first",
            func=load("incidents.notices"),
            args=(_NOTICE_STATE, limit, output),
            epilog="Example:\n  airflow governance incidents notices --state dead",
        ),
        ActionCommand(
            name="retry",
            help="Send a notice again that was given up",
            func=load("incidents.retry"),
            args=(_NOTICE,),
        ),
    )


def _changes(*, output: Arg, load: Load) -> Sequence[ActionCommand]:
    def change(name: str, help_: str, *arguments: Arg, epilog: str | None = None) -> ActionCommand:
        func = load(f"incidents.{name.replace('-', '_')}")
        args = (_ID, *arguments, _VERSION, output)
        return ActionCommand(name=name, help=help_, func=func, args=args, epilog=epilog)

    return (
        change("ack", "Say that you look after it", _COMMENT),
        change("assign", "Give it to somebody", _USER, _COMMENT),
        change("comment", "Say something about it", _REQUIRED_COMMENT),
        change(
            "resolve",
            "Say that it is over, and why",
            _RESOLUTION,
            _REQUIRED_COMMENT,
            epilog=(
                "Example:\n  airflow governance incidents resolve "
                "0199f0a0-5b3e-7c41-9d5e-3f1f6a2b8c90 --reason fixed -m repaired"
            ),
        ),
        change(
            "reportable",
            "Start the clock of a duty to tell an authority",
            _REGIME,
            _AWARE,
            _COMMENT,
        ),
        change(
            "report-sent",
            "Say that the authority was told, or that no report is due",
            _REGIME,
            _REFERENCE,
            _WITHDRAWN,
            _COMMENT,
        ),
    )
