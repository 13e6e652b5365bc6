"""Contracts that a command was given: all that is wrong with them, each with its line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from airflow_gov_provider.cli.border import note
from airflow_gov_provider.cli.rendering import shown
from airflow_gov_provider.domain.contracts import Contract, load
from airflow_gov_provider.domain.contracts.documents import as_mapping, parse_yaml, read_text
from airflow_gov_provider.domain.contracts.positions import Located, Positions
from airflow_gov_provider.exceptions import ContractInvalid

T = TypeVar("T")


def contract_of(file: str, *, object_name: str | None, code: int) -> Contract:
    """One contract, as a gate would read it.

    :raises SystemExit: as ``each_read``.
    """
    (contract,) = each_read(
        [file], lambda document: load(document, object_name=object_name), code=code
    )
    return contract


def each_read(files: Sequence[str], read: Callable[[dict[str, Any]], T], *, code: int) -> list[T]:
    """What ``read`` makes of the document in each of the files.

    :raises SystemExit: with this code if one of them cannot be used, after the problems of all of
        them were told on stderr.
    """
    made: list[T] = []
    for file in files:
        text = ""
        try:
            text = read_text(Path(file))
            made.append(read(as_mapping(parse_yaml(text, file), file)))
        except ContractInvalid as error:
            for problem in Positions(text).of_problems(error.problems):
                note(line_of(file, "error", problem))
            note(f"{file}: {count(error.problems, 'error')}")
    if len(made) < len(files):
        raise SystemExit(code)
    return made


def line_of(file: str, level: str, located: Located) -> str:
    """``orders.yaml:4:24: error: columns.age: ...``, so that editors and CI systems find it."""
    place = f"{shown(located.place)}: " if located.place else ""
    return f"{at(file, located)}: {level}: {place}{shown(located.message)}"


def at(file: str, located: Located) -> str:
    if located.line is None:
        return file
    return f"{file}:{located.line}:{located.column}"


def count(items: Sequence[object], word: str) -> str:
    return f"{len(items)} {word}{'s' * (len(items) != 1)}"
