"""A card as one HTML file: no script, no request, every value escaped."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from airflow_gov_provider.domain.cards import words
from airflow_gov_provider.domain.cards.building import card_digest
from airflow_gov_provider.domain.cards.charts import charts_of
from airflow_gov_provider.domain.cards.model import BiasGate, ModelCard

if TYPE_CHECKING:
    from jinja2 import Template

# Sent along in the page itself, for when it is opened from a disk or another server.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
)


def to_html(card: ModelCard) -> str:
    """The whole page."""
    gates = [*(card.evaluation.quality.value or ()), *(card.evaluation.fairness.value or ())]
    return _template().render(
        card=card,
        gates=gates,
        total=len(list(card.statements())),
        digest=card_digest(card),
        policy=CONTENT_SECURITY_POLICY,
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("airflow_gov_provider.domain.cards", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals.update(
        charts_of=charts_of,
        is_bias=lambda gate: isinstance(gate, BiasGate),
        label=words.label,
        note=words.note,
        number=words.number,
        rate=words.rate,
        rates_in_order=words.rates_in_order,
        remedy=words.remedy,
        shown=words.shown,
        summary=words.summary,
        tabled=words.tabled,
        when=words.when,
    )
    return environment.get_template("card.html.j2")
