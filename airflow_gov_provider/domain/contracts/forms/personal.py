"""Personal data in texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from airflow_gov_provider.domain.contracts import values
from airflow_gov_provider.domain.contracts.forms.form import Fields, Form
from airflow_gov_provider.domain.contracts.problems import Node
from airflow_gov_provider.domain.formats.national import NATIONAL
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.domain.quality.judging import Case
from airflow_gov_provider.domain.quality.parameters import Effect, Parameters, larger, listed
from airflow_gov_provider.domain.verdicts import Finding

DEFAULT_SAMPLE = 10_000
MOST_SAMPLED = 1_000_000
FEWEST_SAMPLED = 100
_ANYTHING = r"(?:.|\n)*"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"

# Found anywhere in a text; the whole text must match.
CONTAINED: Mapping[str, str] = {
    "email": (
        rf"{_ANYTHING}[A-Za-z0-9_%+-]@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{{2,}}{_ANYTHING}"
    ),
    "phone": rf"{_ANYTHING}\+[1-9](?:[ ().-]{{0,2}}[0-9]){{7,14}}(?:[^0-9]{_ANYTHING})?",
    "ip": rf"(?:{_ANYTHING}[^0-9.])?{_OCTET}(?:\.{_OCTET}){{3}}(?:[^0-9]{_ANYTHING})?",
}
# The text as a whole, with its check digits; named as the check ``format`` names them.
WHOLE = ("iban", "credit_card", *NATIONAL)
DETECTORS = (*CONTAINED, *WHOLE)
DEFAULT_DETECTORS = ("email", "phone", "ip", "iban", "credit_card")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPersonalData(Parameters):
    """No detector finds more than a share of the sampled texts of a column.

    The sample is of different texts, the same ones as long as the column holds the same. Texts are
    looked at by the database; only the counts leave it.

    :param sample: so many different texts are looked at.
    :param at_most: the share of them that each detector may find.
    """

    kind: ClassVar[str] = "no_pii"
    about: ClassVar[str] = "text"
    orders: ClassVar[Mapping[str, Any]] = {
        "detectors": listed(longer=Effect.TIGHTENED),
        "at_most": larger(Effect.LOOSENED),
        "sample": larger(Effect.TIGHTENED),
    }

    detectors: tuple[str, ...] = DEFAULT_DETECTORS
    sample: int = DEFAULT_SAMPLE
    at_most: float = 0.0

    def words(self, check: Expectation) -> str:
        del check
        share = f" in more than {self.at_most * 100:.10g}% of" if self.at_most else " in any of"
        return f"no {', '.join(self.detectors)}{share} {self.sample} sampled values"

    def judge(self, case: Case) -> Finding | None:
        details = dict(case.measurement.details) if case.measurement else {}
        sampled, found = details.get("sampled"), details.get("found")
        if not isinstance(sampled, int) or not sampled or not isinstance(found, Mapping):
            empty = case.profile.rows == 0
            return case.insufficient("the table is empty" if empty else "no row has a value")
        counts = {name: count for name, count in found.items() if isinstance(count, int)}
        allowed = Fraction(str(self.at_most))
        over = {name: n for name, n in counts.items() if Fraction(n, sampled) > allowed}
        told = ", ".join(f"{name} in {n}" for name, n in sorted(over.items(), key=lambda i: -i[1]))
        most = max(counts.values(), default=0)
        return case.decided(
            ok=not over,
            reason=f"{told} of {sampled} sampled values",
            observed=f"at most {most} of {sampled} values by one detector",
            sampled=sampled,
            found=counts,
        )


def _no_pii(fields: Fields, owner: Node) -> dict[str, Any] | None:
    del owner
    named = _detectors(fields["detectors"]) if "detectors" in fields else DEFAULT_DETECTORS
    sample = _sample(fields)
    share = _share(fields)
    if not named or sample is None or share is None:
        return None
    return {"parameters": NoPersonalData(detectors=named, sample=sample, at_most=share)}


def _detectors(node: Node) -> tuple[str, ...]:
    items = node.items() if isinstance(node.value, (list, tuple)) else [node]
    found = [item.choice(DETECTORS) for item in items]
    if not items:
        node.wrong(f"expected at least one of {', '.join(DETECTORS)}")
    return () if None in found else tuple(dict.fromkeys(name for name in found if name))


def _sample(fields: Fields) -> int | None:
    if "sample" not in fields:
        return DEFAULT_SAMPLE
    number = fields["sample"].integer()
    if number is not None and not FEWEST_SAMPLED <= number <= MOST_SAMPLED:
        fields["sample"].wrong(f"expected {FEWEST_SAMPLED} to {MOST_SAMPLED}, found {number}")
        return None
    return number


def _share(fields: Fields) -> float | None:
    if "at_most" not in fields:
        return 0.0
    found = values.tolerance(fields["at_most"])
    if found is not None and found.share is None:
        fields["at_most"].expected('a share such as "0.1%"')
        return None
    return found.share if found else None


FORMS = {
    "no_pii": Form(
        kind=NoPersonalData, keys=("detectors", "sample", "at_most"), read=_no_pii, switch=True
    ),
}
