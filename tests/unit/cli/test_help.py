"""What `--help` says, for the whole tree of commands."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pytest

from airflow_gov_provider.cli import definition
from airflow_gov_provider.domain.evidence import EvidenceKind
from airflow_gov_provider.domain.verdicts import Verdict

GOLDEN = Path(__file__).parents[2] / "golden" / "cli_help.txt"


def tree(parser: argparse.ArgumentParser):
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from tree(child)


@pytest.fixture
def parsers(monkeypatch):
    from airflow.cli.cli_parser import get_parser

    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    top = next(a for a in get_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return list(tree(top.choices["governance"]))


def test_the_help_is_what_operators_were_promised(parsers):
    """GOLDEN_UPDATE=1 rewrites the file; read the difference before you commit it."""
    pages = [f"$ {parser.prog} --help\n{parser.format_help().rstrip()}\n" for parser in parsers]
    printed = "\n\n".join(pages)
    if os.environ.get("GOLDEN_UPDATE"):
        GOLDEN.write_text(printed)

    assert printed == GOLDEN.read_text()


def test_every_example_in_the_help_is_a_command_that_can_be_typed(parsers):
    from airflow.cli.cli_parser import get_parser

    examples = [
        line.strip().partition(" | ")[0].partition(" || ")[0]
        for parser in parsers
        for line in (parser.epilog or "").splitlines()
        if line.startswith("  airflow ")
    ]

    assert len(examples) >= 6
    for example in examples:
        get_parser().parse_args(example.split()[1:])


def test_the_choices_are_the_words_of_the_domain():
    """Spelt out in the definition, which every `airflow` command imports and must stay light."""
    assert tuple(EvidenceKind) == definition.KINDS
    assert tuple(Verdict) == definition.VERDICTS


def test_every_command_exists(parsers):
    for parser in parsers:
        command = parser.get_default("func")
        if command is not None:
            assert callable(command)
            from airflow._shared.module_loading import import_string

            path = command.__closure__[0].cell_contents
            assert callable(import_string(path)), path
