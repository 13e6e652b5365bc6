"""From a file, a text or a mapping to one plain document, and to its digest."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from airflow_gov_provider.domain.canonical import canonical_bytes, digest
from airflow_gov_provider.domain.contracts.problems import Problems, described
from airflow_gov_provider.exceptions import ContractInvalid

_MAX_BYTES = 5_000_000
_MAX_DEPTH = 40
_MAX_VALUES = 200_000  # aliases expand, so a small text can be a huge document

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Source = str | os.PathLike[str] | Mapping[str, Any]


def is_inline(source: Source) -> bool:
    """Whether the contract is in hand already, so that reading it touches no disk."""
    if isinstance(source, Mapping):
        return True
    return isinstance(source, str) and ("\n" in source or source.lstrip().startswith("{"))


def name_of(source: Source) -> str:
    """What error messages call the document."""
    return "inline contract" if is_inline(source) else str(source)


def read_document(source: Source) -> dict[str, Any]:
    """The document as plain values.

    :raises ContractInvalid: if it cannot be read, is not YAML, or is not a mapping.
    """
    name = name_of(source)
    if isinstance(source, Mapping):
        document: Any = source
    elif is_inline(source):
        document = parse_yaml(str(source), name)
    else:
        document = parse_yaml(read_text(Path(source)), name)
    return as_mapping(document, name)


def as_mapping(document: Any, name: str) -> dict[str, Any]:
    """The document, if it is a mapping of plain values and not too large.

    :raises ContractInvalid: if it is not.
    """
    problems = Problems()
    _count_down(document, "", [_MAX_VALUES], problems)
    if not problems.found and not isinstance(document, Mapping):
        problems.add(
            "",
            "expected a mapping with keys such as 'contract' or 'apiVersion', "
            f"found {described(document)}",
        )
    if problems.found:
        raise ContractInvalid(name, problems.found)
    return dict(document)


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of the document's canonical JSON: comments and layout do not count.

    :raises ValueError: if it holds a value without a JSON form.
    """
    try:
        return digest(canonical_bytes(document))
    except (TypeError, ValueError) as error:
        raise ValueError(f"the document has no canonical form: {error}") from error


def read_text(path: Path) -> str:
    """The text of a contract's file.

    :raises ContractInvalid: if there is none, or it is too large or no UTF-8.
    """
    name = str(path)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ContractInvalid(name, [f"expected at most {_MAX_BYTES} bytes, found more"])
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        problem = (
            f"no such file as {path.absolute()}; give a path that exists (for a task, on the "
            "worker), or in a Dag the contract itself"
        )
    except UnicodeDecodeError:
        problem = "expected UTF-8 text, found other bytes"
    except (OSError, ValueError) as error:
        problem = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    raise ContractInvalid(name, [problem])


class _Loader(_SafeLoader):  # type: ignore[misc]
    """YAML's safe subset, where a key that stands twice is a problem rather than last-wins."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.repeated: list[tuple[int, int, str]] = []

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is not None and key in seen:
                mark = key_node.start_mark
                self.repeated.append((mark.line, mark.column, key))
            seen.add(key)
        return super().construct_mapping(node, deep)


def _time_or_text(loader: Any, node: Any) -> Any:
    """A day that no calendar has stays a text; whoever expects a date refuses it in its place."""
    try:
        return loader.construct_yaml_timestamp(node)
    except (ValueError, OverflowError):
        return loader.construct_scalar(node)


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _time_or_text)


def parse_yaml(text: str, name: str) -> Any:
    """Plain values from YAML text.

    :raises ContractInvalid: with line and column, if it is no YAML or repeats a key.
    """
    try:
        loader = _Loader(text)
        document = loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{_mark(mark)}: " if mark else ""
        reason = " ".join(part for part in (error.context, error.problem) if part)
        raise ContractInvalid(name, [f"{where}not valid YAML: {reason}"]) from None
    except (yaml.YAMLError, ValueError, TypeError, OverflowError) as error:
        raise ContractInvalid(name, [f"not valid YAML: {str(error).splitlines()[0]}"]) from None
    except RecursionError:
        raise ContractInvalid(name, ["nested too deeply"]) from None
    if loader.repeated:
        problems = [
            f"line {line + 1}, column {column + 1}: the key {key!r} stands twice"
            for line, column, key in sorted(loader.repeated)
        ]
        raise ContractInvalid(name, problems)
    if document is None:
        raise ContractInvalid(name, ["the document is empty"])
    return document


def _mark(mark: Any) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}"


def _count_down(
    value: Any, place: str, left: list[int], problems: Problems, depth: int = 0
) -> None:
    """Refuse what is too deep, too large, or no plain value."""
    left[0] -= 1
    if problems.found:
        return
    if depth > _MAX_DEPTH or left[0] < 0:
        problems.add("", f"the document is too {'deep' if depth > _MAX_DEPTH else 'large'}")
        return
    match value:
        case Mapping():
            for key, item in value.items():
                _count_down(item, f"{place}.{key}".lstrip("."), left, problems, depth + 1)
        case list() | tuple():
            for index, item in enumerate(value):
                _count_down(item, f"{place}[{index}]", left, problems, depth + 1)
        case None | str() | int() | float() | date() | datetime():
            return
        case _:
            problems.add(place, f"a {type(value).__name__} has no place in a contract")
