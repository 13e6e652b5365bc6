"""The border between commands and the shell: messages and exit codes instead of tracebacks."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

from airflow.utils.providers_configuration_loader import providers_configuration_loaded

from airflow_gov_provider.exceptions import GovernanceError

FAILED = 1
UNUSABLE = 2  # as argparse has it; where FAILED is an answer about what was given
INTERRUPTED = 130


def command(function: Callable[[Any], None]) -> Callable[[Any], None]:
    """A command of ours: an error raised on purpose is a message on stderr and exit code 1."""
    return _at_the_border(function, FAILED)


def judging(function: Callable[[Any], None]) -> Callable[[Any], None]:
    """A command whose exit code 1 is its answer: an error is a message and exit code 2."""
    return _at_the_border(function, UNUSABLE)


def _at_the_border(function: Callable[[Any], None], code: int) -> Callable[[Any], None]:
    @wraps(function)
    @providers_configuration_loaded  # without it, `sql_alchemy_conn_cmd` and `_secret` are not read
    def run(args: Any) -> None:
        logging.getLogger("alembic").setLevel(logging.WARNING)  # the command says what it did
        try:
            function(args)
            sys.stdout.flush()
        except GovernanceError as error:
            fail(str(error), code=code)
        except BrokenPipeError:  # `... | head` has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except KeyboardInterrupt:
            raise SystemExit(INTERRUPTED) from None

    return run


def fail(message: str, *, code: int = FAILED) -> NoReturn:
    """:raises SystemExit: always."""
    note(f"error: {message}")
    raise SystemExit(code)


def note(message: str) -> None:
    """For people; never on stdout, which belongs to what was asked for."""
    print(message, file=sys.stderr)
