"""Formats that a text can be asked to have: a pattern, a list of codes, and a check digit.

Patterns are in RE2's syntax, and the whole text must match. Separators that people write are
allowed where the standard itself prints them; a scheme's arithmetic passes over them.
"""

from __future__ import annotations

from collections.abc import Mapping

from airflow_gov_provider.domain.formats import checksums
from airflow_gov_provider.domain.formats.commercial import COMMERCIAL
from airflow_gov_provider.domain.formats.form import Format
from airflow_gov_provider.domain.formats.national import NATIONAL
from airflow_gov_provider.domain.formats.technical import CODES, TECHNICAL

__all__ = ["FORMATS", "Format", "check_digits_hold"]

FORMATS: Mapping[str, Format] = {**TECHNICAL, **CODES, **COMMERCIAL, **NATIONAL}


def check_digits_hold(name: str, text: str) -> bool:
    """Whether the sums of a format hold for a text that matches its pattern."""
    wanted = FORMATS[name]
    bare = text.translate(dict.fromkeys(map(ord, wanted.without)))
    if bare in wanted.refused:
        return False
    return all(checksums.holds(check, bare) for check in wanted.checks)
