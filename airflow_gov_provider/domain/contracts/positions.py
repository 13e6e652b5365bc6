"""Where a problem of a document stands in its text: from ``columns.age.range`` to a line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml

_ABOUT_A_KEY = re.compile(r"(?:unknown key )?'(.+?)'")
_MARKED = re.compile(r"line (\d+), column (\d+): ")
_STEP_END = (".", "[", ":")


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A message together with the place that it is about.

    :param place: as in ``schema[0].properties[2]``; empty for the whole document.
    :param line: counted from 1, as ``column`` is; None where the place is not known.
    """

    message: str
    place: str = ""
    line: int | None = None
    column: int | None = None


class Positions:
    """The lines and columns of one YAML (or JSON) text."""

    def __init__(self, text: str) -> None:
        try:
            self._tree: Any = yaml.compose(text, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, ValueError, RecursionError):
            self._tree = None

    def of_problem(self, problem: str) -> Located:
        """What ``ContractInvalid`` lists: a place and a message, or a line and a message."""
        if marked := _MARKED.match(problem):
            line, column = int(marked[1]), int(marked[2])
            return Located(message=problem[marked.end() :], line=line, column=column)
        mark, node, length = self._walked(problem)
        if not problem.startswith(": ", length):
            length = 0
        place, message = problem[:length], problem[length + 2 * bool(length) :]
        if about := _ABOUT_A_KEY.match(message):
            mark = _key_mark(node, about[1]) or mark
        return _located(message, place, mark)

    def of_problems(self, problems: Iterable[str]) -> list[Located]:
        """In the order of the text; what has no line comes first."""
        located = map(self.of_problem, problems)
        return sorted(located, key=lambda each: (each.line or 0, each.column or 0))

    def of_place(self, place: str, message: str) -> Located:
        mark, _, _ = self._walked(f"{place}: ")
        return _located(message, place, mark)

    def _walked(self, text: str) -> tuple[Any, Any, int]:
        """How far the start of a text leads into the document.

        :return: the mark of the innermost thing that it names, that thing, and how much of the
            text was its name.
        """
        mark, node, length = None, self._tree, 0
        while (step := _step(node, text, length)) is not None:
            mark, node, length = step
        return mark, node, length


def _step(node: Any, text: str, start: int) -> tuple[Any, Any, int] | None:
    if isinstance(node, yaml.SequenceNode):
        index = re.compile(r"\[(\d+)\]").match(text, start)
        if index is None or int(index[1]) >= len(node.value):
            return None
        item = node.value[int(index[1])]
        return item.start_mark, item, index.end()
    if not isinstance(node, yaml.MappingNode):
        return None
    start += text.startswith(".", start)
    named = [
        (key, value)
        for key, value in node.value
        if isinstance(key, yaml.ScalarNode)
        and text.startswith(key.value, start)
        and text[start + len(key.value) :].startswith(_STEP_END)
    ]
    if not named:
        return None
    # A name may hold a dot itself, and then the longer one is meant.
    key, value = max(named, key=lambda pair: len(pair[0].value))
    return key.start_mark, value, start + len(key.value)


def _key_mark(node: Any, name: str) -> Any:
    if isinstance(node, yaml.MappingNode):
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == name:
                return key.start_mark
    return None


def _located(message: str, place: str, mark: Any) -> Located:
    if mark is None:
        return Located(message=message, place=place)
    return Located(message=message, place=place, line=mark.line + 1, column=mark.column + 1)
