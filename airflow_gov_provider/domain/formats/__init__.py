"""Formats that a text can be asked to have: a pattern, a list of codes, and a check digit.

Patterns are in RE2's syntax, and the whole text must match. Separators that people write are
allowed where the standard itself prints them; a scheme's arithmetic passes over them.
"""

from __future__ import annotations

from collections.abc import Mapping

from airflow_gov_provider.domain.formats.commercial import COMMERCIAL
from airflow_gov_provider.domain.formats.form import Format
from airflow_gov_provider.domain.formats.national import NATIONAL
from airflow_gov_provider.domain.formats.technical import CODES, TECHNICAL

__all__ = ["FORMATS", "Format"]

FORMATS: Mapping[str, Format] = {**TECHNICAL, **CODES, **COMMERCIAL, **NATIONAL}
