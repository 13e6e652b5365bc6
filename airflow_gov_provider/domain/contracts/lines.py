"""In which line of a YAML file a problem is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_STEP = re.compile(r"\[(\d+)\]|([^.\[]+)")


def with_lines(problems: Sequence[str], text: str) -> list[str]:
    """Each problem with the line of the innermost thing that its place names."""
    import yaml

    try:
        tree: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:  # it has been read before
        return list(problems)
    return [_with_line(problem, tree) for problem in problems]


def _with_line(problem: str, tree: Any) -> str:
    place, found, _ = problem.partition(": ")
    if not found:
        return problem
    node, line = tree, None
    for index, key in _STEP.findall(place):
        child = _child(node, int(index) if index else key)
        if child is None:
            break
        line, node = child
    return problem if line is None else f"line {line + 1}, {problem}"


def _child(node: Any, key: int | str) -> tuple[int, Any] | None:
    """The line of a key or an item, and what stands there."""
    if isinstance(key, int):
        items = getattr(node, "value", None)
        if getattr(node, "id", None) != "sequence" or items is None or key >= len(items):
            return None
        return items[key].start_mark.line, items[key]
    if getattr(node, "id", None) != "mapping":
        return None
    for name, value in node.value:
        if getattr(name, "value", None) == key:
            return name.start_mark.line, value
    return None
