"""The rules about incidents that the settings name, as they stand now."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from airflow_gov_provider import config
from airflow_gov_provider.domain.incidents.rules import IncidentRules, load_rules
from airflow_gov_provider.exceptions import ContractInvalid

_log = logging.getLogger(__name__)


class RulesFile:
    """Rules of a file that is read again when it has changed.

    :param path: None where the settings name no file.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._seen: tuple[int, int] | None = None
        self._rules = IncidentRules()
        self._standing = "no rules about incidents are in force: severities are the usual ones"
        self._problem: ContractInvalid | None = None
        self._lock = threading.Lock()

    def current(self) -> IncidentRules:
        """The rules.

        :raises ContractInvalid: with everything that is wrong in the file, until it is repaired.
        """
        if self.path is None:
            return self._rules
        with self._lock:
            self._read_again(self.path)
            if self._problem is not None:
                raise ContractInvalid(self._problem.source, self._problem.problems)
            return self._rules

    def last_good(self) -> IncidentRules:
        """The rules, or those that stood there before somebody spoiled the file."""
        try:
            return self.current()
        except ContractInvalid:
            return self._rules

    def _read_again(self, path: Path) -> None:
        try:
            status = path.stat()
            seen = (status.st_mtime_ns, status.st_size)
        except OSError:
            seen = None
        if seen is not None and seen == self._seen:
            return
        self._seen = seen
        try:
            self._rules, self._problem = load_rules(path), None
            self._standing = "the rules about incidents stay as they were"
        except ContractInvalid as error:
            if self._problem is None or self._problem.problems != error.problems:
                _log.error("%s: %s", self._standing, error)
            self._problem = error


_files: dict[Path | None, RulesFile] = {}


def rules_file() -> RulesFile:
    """The file that ``[governance] incident_rules`` names now."""
    path = config.incident_rules()
    return _files.setdefault(path, RulesFile(path))


def current_rules() -> IncidentRules:
    """Rules for whoever reports an incident; a spoiled file keeps nobody from reporting one."""
    return rules_file().last_good()
