"""Pairs of things that fit: as many as there can be, and what hangs together."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.matching import most_pairs, reached

NUMBERS = st.integers(0, 4)
EDGES = st.sets(st.tuples(NUMBERS, NUMBERS))


@given(EDGES)
def test_there_are_as_many_pairs_as_the_best_choice_of_all_has(edges):
    fits = {left: [right for one, right in edges if one == left] for left in range(5)}
    best = max(
        sum((left, right) in edges for left, right in enumerate(chosen))
        for chosen in permutations(range(5))
    )

    assert most_pairs(fits) == best


@given(EDGES, NUMBERS)
def test_what_hangs_together_is_what_pairs_lead_to(edges, start):
    linked = {start}
    for _ in range(5):
        linked |= {one for edge in edges if linked & set(edge) for one in edge}

    def fit(one, other):
        return (one, other) in edges or (other, one) in edges

    assert reached(start, range(5), fit) == linked
