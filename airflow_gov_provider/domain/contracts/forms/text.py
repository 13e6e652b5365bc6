"""What texts may look like, in simpler words than a regular expression."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms.form import Fields, Form, required
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.domain.quality.parameters import Effect, Parameters, Step

_SPECIAL = frozenset("\\.+*?()|[]{}^$")


class Likeness(StrEnum):
    LIKE = "like"
    NOT_LIKE = "not_like"
    NOT_REGEX = "not_regex"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    CONTAINS = "contains"


_NEGATED = (Likeness.NOT_LIKE, Likeness.NOT_REGEX)
_WORDS = {
    Likeness.LIKE: "like",
    Likeness.NOT_LIKE: "not like",
    Likeness.NOT_REGEX: "does not match",
    Likeness.STARTS_WITH: "starts with",
    Likeness.ENDS_WITH: "ends with",
    Likeness.CONTAINS: "contains",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLike(Parameters):
    """Every text is, or is not, of a form that its author wrote.

    :param likeness: how ``text`` is meant.
    :param pattern: the same as a regular expression in RE2's syntax that the whole text matches.
    """

    kind: ClassVar[str] = "text_like"
    counts_rows: ClassVar[bool] = True
    about: ClassVar[str] = "text"
    told_apart_by: ClassVar[tuple[str, ...]] = ("likeness",)

    likeness: Likeness
    text: str

    @property
    def pattern(self) -> str:
        match self.likeness:
            case Likeness.LIKE | Likeness.NOT_LIKE:
                return f"(?s){like_as_regex(self.text)}"
            case Likeness.STARTS_WITH:
                return f"(?s){escaped(self.text)}.*"
            case Likeness.ENDS_WITH:
                return f"(?s).*{escaped(self.text)}"
            case Likeness.CONTAINS:
                return f"(?s).*{escaped(self.text)}.*"
        return self.text

    @property
    def is_negated(self) -> bool:
        """Whether a text that matches fails."""
        return self.likeness in _NEGATED

    def changes(self, newer: Parameters) -> Iterator[Step]:
        for step in Parameters.changes(self, newer):
            yield replace(step, effect=self._effect(newer)) if step.aspect == "text" else step

    def _effect(self, newer: Parameters) -> Effect:
        """A text that has the former one at its place asks more."""
        if not isinstance(newer, TextLike):
            return Effect.CHANGED
        within = {
            Likeness.STARTS_WITH: str.startswith,
            Likeness.ENDS_WITH: str.endswith,
            Likeness.CONTAINS: str.__contains__,
        }.get(self.likeness)
        if within is None:
            return Effect.CHANGED
        if within(newer.text, self.text):
            return Effect.TIGHTENED
        return Effect.LOOSENED if within(self.text, newer.text) else Effect.CHANGED

    def words(self, check: Expectation) -> str:
        del check
        shown = self.text if self.likeness is Likeness.NOT_REGEX else repr(self.text)
        return f"{_WORDS[self.likeness]} {shown}"


def escaped(text: str) -> str:
    """Text as a regular expression that matches nothing else."""
    return "".join(f"\\{each}" if each in _SPECIAL else each for each in text)


def like_as_regex(text: str) -> str:
    r"""``%`` is any text, ``_`` one character, and ``\`` takes the meaning from what follows."""
    parts, escape = [], False
    for each in text:
        if escape or each not in "%_\\":
            parts.append(escaped(each))
            escape = False
        elif each == "\\":
            escape = True
        else:
            parts.append(".*" if each == "%" else ".")
    return "".join(parts)


def _form(likeness: Likeness, read_text: Callable[[Node], str | None]) -> Form:
    def read(fields: Fields, owner: Node) -> dict[str, Any] | None:
        node = required(fields, owner, "text")
        found = read_text(node) if node else None
        return {"parameters": TextLike(likeness=likeness, text=found)} if found else None

    return Form(kind=TextLike, bare="text", keys=("text",), read=read)


def _like(node: Node) -> str | None:
    text = node.text()
    if text is not None and (len(text) - len(text.rstrip("\\"))) % 2:
        node.wrong("a single '\\' at the end escapes nothing; write it twice")
        return None
    return text


FORMS = {
    "not_regex": _form(Likeness.NOT_REGEX, values.pattern),
    "like": _form(Likeness.LIKE, _like),
    "not_like": _form(Likeness.NOT_LIKE, _like),
    "starts_with": _form(Likeness.STARTS_WITH, Node.text),
    "ends_with": _form(Likeness.ENDS_WITH, Node.text),
    "contains": _form(Likeness.CONTAINS, Node.text),
}
