"""Rules about incidents: how severe they are, whose they are, and whom to tell of what.

A document of channels, rules and escalations:

.. code-block:: yaml

    version: 1
    channels:
      ops:
        notifier: airflow.providers.smtp.notifications.smtp.SmtpNotifier
        arguments:
          to: ops@example.com
          subject: "{{ notice.subject }}"
          html_content: "{{ notice.html }}"
    rules:
      - when: {kind: sla_miss, dag_id: "finance_*"}
        set: {severity: critical, owner: finance-data, auto_resolve: true}
        notify: [ops]
        events: [opened, reopened, resolved]
    escalations:
      - when: {severity: [high, critical]}
        after: 30m
        set: {severity: critical}
        notify: [ops]

Every rule that fits is heard, in the order of the document. The first that sets something wins;
what none sets keeps the value that whoever reported the incident gave it. Each channel that any
fitting rule names is told once of an entry. An escalation happens once, to an incident that nobody
has acknowledged for so long.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import Any

from airflow_gov_provider.domain.contracts.documents import (
    Source,
    is_inline,
    name_of,
    read_document,
    read_text,
)
from airflow_gov_provider.domain.contracts.lines import with_lines
from airflow_gov_provider.domain.contracts.problems import Node, Problems
from airflow_gov_provider.domain.contracts.values import duration
from airflow_gov_provider.domain.severity import Severity
from airflow_gov_provider.exceptions import ContractInvalid

KINDS = ("sla_miss", "gate_blocked", "approval_bypass", "coverage", "ledger")
ENTRIES = (
    "opened",
    "repeated",
    "reopened",
    "acknowledged",
    "assigned",
    "commented",
    "resolved",
    "escalated",
    "reportable",
    "report_sent",
    "report_withdrawn",
)
TOLD_BY_DEFAULT = ("opened", "reopened", "escalated", "resolved")
DEFAULT_ATTEMPTS = 100  # a day, with pauses of at most 15 minutes
_MOST_ATTEMPTS = 1000
_LONGEST_NAME = 250
_PATTERNS = ("dag_id", "task_id", "owner", "kind")
_SEVERITIES = tuple(severity.value for severity in Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What rules look at."""

    kind: str
    severity: Severity
    dag_id: str | None = None
    task_id: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Fits if each field that it names does; a field of no value fits no pattern.

    :param patterns: by the name of a field, globs of which one must fit; letters' case counts.
    :param severities: any of them.
    """

    patterns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    severities: tuple[Severity, ...] = ()

    def fits(self, facts: Facts) -> bool:
        if self.severities and facts.severity not in self.severities:
            return False
        return all(_any_fits(globs, getattr(facts, name)) for name, globs in self.patterns.items())


def _any_fits(globs: Collection[str], value: str | None) -> bool:
    return value is not None and any(fnmatchcase(value, glob) for glob in globs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What rules set; None where they leave it as it is."""

    severity: Severity | None = None
    owner: str | None = None
    auto_resolve: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    when: Condition = Condition()
    ruling: Ruling = Ruling()
    channels: tuple[str, ...] = ()
    entries: tuple[str, ...] = TOLD_BY_DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """What happens to an incident that was not acknowledged for so long.

    :param name: what its entry says of it, so that it happens once.
    """

    name: str
    after: timedelta
    when: Condition = Condition()
    severity: Severity | None = None
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Somebody to tell.

    :param notifier: import path of a subclass of ``airflow.sdk.BaseNotifier``.
    :param arguments: of its constructor; templates in them see ``notice`` (``id``,
        ``type``, ``subject``, ``text``, ``html``), ``incident`` and ``entry``.
    :param attempts: before a notice is given up.
    """

    name: str
    notifier: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = DEFAULT_ATTEMPTS


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRules:
    channels: Mapping[str, Channel] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    escalations: tuple[Escalation, ...] = ()

    def ruling(self, facts: Facts) -> Ruling:
        """What the rules set for an incident that is reported."""
        found = [rule.ruling for rule in self.rules if rule.when.fits(facts)]
        return Ruling(
            severity=_first(one.severity for one in found),
            owner=_first(one.owner for one in found),
            auto_resolve=_first(one.auto_resolve for one in found),
        )

    def channels_for(
        self, facts: Facts, entry: str, *, escalation: str | None = None
    ) -> tuple[str, ...]:
        """Names of the channels to tell of an entry, each once.

        :param entry: what happened, one of ``ENTRIES``.
        :param escalation: the name of the escalation, if the entry is one.
        """
        own = [one.channels for one in self.escalations if one.name == escalation]
        heard = [
            one.channels for one in self.rules if entry in one.entries and one.when.fits(facts)
        ]
        return tuple(dict.fromkeys(chain.from_iterable([*own, *heard])))

    def due(self, facts: Facts, *, unacknowledged: timedelta) -> tuple[Escalation, ...]:
        """The escalations of an incident, those that have happened to it already included."""
        return tuple(
            one for one in self.escalations if one.after <= unacknowledged and one.when.fits(facts)
        )


def _first(values: Iterator[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def load_rules(source: Source) -> IncidentRules:
    """Rules from a file, YAML text or a mapping.

    :raises ContractInvalid: with everything that is wrong in it, each with its place, and where
        it is a text with its line.
    """
    problems = Problems()
    root = Node(read_document(source), "", problems)
    fields = root.fields(("version", "channels", "rules", "escalations"), required=("version",))
    if "version" in fields and fields["version"].value != 1:
        fields["version"].expected("version 1, which this package reads")
    channels = _channels(fields.get("channels"))
    rules = tuple(_rule(node, channels) for node in _items(fields, "rules"))
    escalations = tuple(_escalation(node, channels) for node in _items(fields, "escalations"))
    _each_once(escalations, fields)
    if problems.found:
        raise ContractInvalid(name_of(source), _with_lines(problems.found, source))
    return IncidentRules(channels=channels, rules=rules, escalations=escalations)


def _with_lines(problems: Sequence[str], source: Source) -> Sequence[str]:
    if isinstance(source, Mapping):
        return problems
    return with_lines(problems, str(source) if is_inline(source) else read_text(Path(source)))


def _items(fields: Mapping[str, Node], name: str) -> list[Node]:
    return fields[name].items() if name in fields else []


def _channels(node: Node | None) -> dict[str, Channel]:
    if node is None:
        return {}
    return {name: _channel(name, one) for name, one in node.fields(None).items()}


def _channel(name: str, node: Node) -> Channel:
    if len(name) > _LONGEST_NAME:
        node.wrong(f"expected a name of at most {_LONGEST_NAME} characters")
    fields = node.fields(("notifier", "arguments", "attempts"), required=("notifier",))
    notifier = fields["notifier"].text() if "notifier" in fields else None
    if notifier is not None and not all(part.isidentifier() for part in notifier.split(".")):
        fields["notifier"].expected("the import path of a notifier class")
    arguments = fields["arguments"].fields(None) if "arguments" in fields else {}
    attempts = fields["attempts"].integer() if "attempts" in fields else DEFAULT_ATTEMPTS
    if attempts is not None and not 1 <= attempts <= _MOST_ATTEMPTS:
        fields["attempts"].expected(f"a number from 1 to {_MOST_ATTEMPTS}")
    return Channel(
        name=name,
        notifier=notifier or "",
        arguments={key: one.value for key, one in arguments.items()},
        attempts=attempts or DEFAULT_ATTEMPTS,
    )


def _rule(node: Node, channels: Collection[str]) -> Rule:
    fields = node.fields(("when", "set", "notify", "events"))
    entries = _words(fields["events"], ENTRIES) if "events" in fields else TOLD_BY_DEFAULT
    if "set" not in fields and "notify" not in fields:
        node.wrong("expected 'set', 'notify' or both; a rule without them does nothing")
    return Rule(
        when=_condition(fields.get("when")),
        ruling=_ruling(fields.get("set")),
        channels=_words(fields["notify"], tuple(channels)) if "notify" in fields else (),
        entries=entries,
    )


def _escalation(node: Node, channels: Collection[str]) -> Escalation:
    fields = node.fields(("name", "when", "after", "set", "notify"), required=("after",))
    after = duration(fields["after"]) if "after" in fields else None
    settings = fields["set"].fields(("severity",)) if "set" in fields else {}
    if "set" not in fields and "notify" not in fields:
        node.wrong("expected 'set', 'notify' or both; an escalation without them does nothing")
    name = fields["name"].text() if "name" in fields else None
    length = after or timedelta()
    return Escalation(
        name=name or f"not acknowledged for {length}",
        after=length,
        when=_condition(fields.get("when")),
        severity=_severity(settings.get("severity")),
        channels=_words(fields["notify"], tuple(channels)) if "notify" in fields else (),
    )


def _each_once(escalations: Sequence[Escalation], fields: Mapping[str, Node]) -> None:
    names = [one.name for one in escalations]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        fields["escalations"].wrong(f"{name!r} stands twice; give each a name of its own")


def _condition(node: Node | None) -> Condition:
    if node is None:
        return Condition()
    fields = node.fields((*_PATTERNS, "severity"))
    severities = _words(fields["severity"], _SEVERITIES) if "severity" in fields else ()
    patterns = {name: _globs(fields[name]) for name in _PATTERNS if name in fields}
    if "kind" in fields:
        _require_known_kinds(fields["kind"], patterns["kind"])
    return Condition(patterns=patterns, severities=tuple(Severity(word) for word in severities))


def _require_known_kinds(node: Node, globs: Sequence[str]) -> None:
    for glob in globs:
        if not any(fnmatchcase(kind, glob) for kind in KINDS):
            node.expected(f"a pattern of at least one of {', '.join(KINDS)}")


def _globs(node: Node) -> tuple[str, ...]:
    nodes = node.items() if isinstance(node.value, (list, tuple)) else [node]
    return tuple(text for one in nodes if (text := one.text()))


def _words(node: Node, known: Sequence[str]) -> tuple[str, ...]:
    nodes = node.items() if isinstance(node.value, (list, tuple)) else [node]
    return tuple(word for one in nodes if (word := one.choice(known)))


def _ruling(node: Node | None) -> Ruling:
    if node is None:
        return Ruling()
    fields = node.fields(("severity", "owner", "auto_resolve"))
    return Ruling(
        severity=_severity(fields.get("severity")),
        owner=fields["owner"].text() if "owner" in fields else None,
        auto_resolve=fields["auto_resolve"].flag() if "auto_resolve" in fields else None,
    )


def _severity(node: Node | None) -> Severity | None:
    word = node.choice(_SEVERITIES) if node is not None else None
    return Severity(word) if word else None
