from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain import cards
from airflow_gov_provider.domain.cards.charts import charts_of, limits_of
from airflow_gov_provider.domain.cards.model import Feature, Gap, Group, Rate

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "</title></style></svg><script>x</script>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% if true %}x{% endif %}",
    "<!-- --> ]]> &lt;b&gt;",
    "a\x00b\x1b[31m",
]


class Page(HTMLParser):
    """Elements, attributes and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.texts.append(data)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_an_element_or_an_attribute(card_saying, text):
    page, plain = (Page(cards.to_html(card_saying(t))) for t in (text, "harmless"))

    assert page.elements == plain.elements
    assert Counter((t, n) for t, n, _ in page.attributes) == Counter(
        (t, n) for t, n, _ in plain.attributes
    )


@settings(max_examples=30, deadline=None)
@given(st.text(alphabet="ab<>\"'&;/={}%!- \n\\`", min_size=1, max_size=25))
def test_no_text_at_all_becomes_an_element(card_saying, text):
    page = Page(cards.to_html(card_saying(f"x{text}x")))

    assert page.elements == Page(cards.to_html(card_saying("harmless"))).elements


def test_a_page_runs_nothing_and_loads_nothing(card):
    page = Page(cards.to_html(card))

    assert not {"script", "iframe", "object", "embed", "link", "form", "img", "base"} & set(
        page.elements
    )
    for _, name, value in page.attributes:
        assert not name.startswith("on")
        if name in ("href", "src", "xlink:href"):
            assert value.startswith("#")
    assert "url(" not in cards.to_html(card)
    assert "@import" not in cards.to_html(card)
    policy = next(v for t, n, v in page.attributes if t == "meta" and "default-src" in v)
    assert policy.startswith("default-src 'none'")


def test_every_link_of_the_page_leads_somewhere(card):
    page = Page(cards.to_html(card))
    ids = [value for _, name, value in page.attributes if name == "id"]

    assert len(ids) == len(set(ids))
    for _, name, value in page.attributes:
        if name == "href":
            assert value.removeprefix("#") in ids
        if name == "aria-labelledby":
            assert set(value.split()) <= set(ids)


def test_a_chart_has_a_title_and_a_description_in_words(card):
    html = cards.to_html(card)

    assert re.search(r'<title id="c1-1-1-t">Selection rate by sex</title>', html)
    assert "Female: 0.110 [0.100, 0.120]; Male: 0.320 [0.310, 0.330]; (missing): 0.500" in html
    assert "not judged (n = 12)" in html


def test_what_is_missing_is_printed_as_missing(card_parts):
    bare = cards.build_card(
        **{**card_parts, "human": cards.parse_human_part(None, origin=""), "evidence": []}
    )
    html = cards.to_html(bare)

    assert "12 of 26 statements are missing" in html
    assert "put a BiasCheck that names this model version before this task" in html


def test_the_page_names_the_digest_of_the_card(card):
    assert cards.card_digest(card) in cards.to_html(card)


def feature(gap: Gap, *, reference: str | None = None, **rates: float) -> Feature:
    return Feature(
        feature="sex",
        reference=reference,
        groups=tuple(
            Group(group=name, n=100, rates=(Rate(name="selection_rate", value=value),))
            for name, value in rates.items()
        ),
        gaps=(gap,),
    )


@pytest.mark.parametrize(
    ("gap", "reference", "expected"),
    [
        (Gap(name="four_fifths", at_least=0.8), None, [0.4]),
        (Gap(name="four_fifths", at_least=0.8), "a", [0.4]),
        (Gap(name="demographic_parity_difference", at_most=0.1), None, [0.4]),
        (Gap(name="demographic_parity_difference", at_most=0.1), "a", [0.1, 0.3]),
        (Gap(name="demographic_parity_ratio", at_least=0.5), "a", [0.1, 0.4]),
        (Gap(name="demographic_parity_difference", at_most=0.1), "nobody", []),
        (Gap(name="demographic_parity_difference", at_most=0.1, against="overall"), None, []),
        (Gap(name="demographic_parity_difference", at_most=0.9), None, []),
        (Gap(name="equal_opportunity_difference", at_most=0.1), None, []),
        (Gap(name="of a later version", at_most=0.1), None, []),
    ],
)
def test_the_limit_is_drawn_where_the_threshold_lies(gap, reference, expected):
    judged = feature(gap, reference=reference, a=0.2, b=0.5)

    assert [at for at, _ in limits_of(judged, "selection_rate")] == pytest.approx(expected)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_everything_lies_inside_the_chart(values):
    gap = Gap(name="four_fifths", at_least=0.8, expected=">= 0.8")
    judged = feature(gap, **{f"g{i}": v for i, v in enumerate(values)})

    (chart,) = charts_of(judged)

    assert chart.omitted == max(0, len(values) - 30)
    for mark in [*chart.ticks, *chart.limits, *(r for r in chart.rows if r.x is not None)]:
        assert chart.left <= mark.x <= chart.right
    for row in chart.rows:
        assert chart.top < row.y < chart.base < chart.height
    ticks = [float(t.words) for t in chart.ticks]
    assert ticks == sorted(set(ticks))
    assert max(values[:30]) <= max(ticks) + 1e-9


def test_a_rate_that_no_group_has_is_no_chart():
    empty = Group(group="a", n=0, rates=(Rate(name="selection_rate"),))

    assert charts_of(Feature(feature="sex", groups=(empty,))) == ()
