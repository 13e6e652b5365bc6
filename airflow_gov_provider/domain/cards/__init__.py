"""Model cards: facts, evidence and a person's words, in one document that says who said what.

``to_json_bytes`` gives the source of truth; Markdown and HTML are made from the card alone, so
that whoever has its JSON has all of it.
"""

from airflow_gov_provider.domain.cards.building import (
    build_card,
    card_digest,
    card_json,
    completeness,
    from_json,
    statement_names,
    to_json_bytes,
)
from airflow_gov_provider.domain.cards.html import to_html
from airflow_gov_provider.domain.cards.human import HumanPart, parse_human_part
from airflow_gov_provider.domain.cards.markdown import to_markdown
from airflow_gov_provider.domain.cards.model import ModelCard, Provenance, Statement

__all__ = [
    "HumanPart",
    "ModelCard",
    "Provenance",
    "Statement",
    "build_card",
    "card_digest",
    "card_json",
    "completeness",
    "from_json",
    "parse_human_part",
    "statement_names",
    "to_html",
    "to_json_bytes",
    "to_markdown",
]
