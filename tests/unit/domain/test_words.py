"""Words, and what a query finds in a text."""

from __future__ import annotations

import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_gov_provider.domain.words import (
    MOST_WORDS,
    finder,
    folded,
    phrases,
    words,
    words_and_neighbours,
)


def finds(query: str, text: str) -> bool:
    return finder(phrases(query))(folded(text))


@pytest.mark.parametrize(
    ("query", "text", "is_found"),
    [
        ("model", "train_model", True),
        ("train_model", "train_model", True),
        ("train-model", "train_model", True),
        ("model_train", "train_model", False),
        ("train_model", "train model", False),
        ("train model", "model to train", True),
        ("mode", "model", False),
        ("model", "remodel", False),
        ("model", "remodel the model", True),
        ("GRÖSSE", "größe Größe GRÖSSE", True),
        ("s3://bucket/a.csv", "read from S3://Bucket/a.csv!", True),
        ("bucket/a", "s3://bucket/a.csv", True),
        ("bucket/a", "s3://bucket/about.csv", False),
        ("2026-11-21", "2026-11-21T12:00:00", False),  # `21T12` is one word
        ("a.b a.c", "a.b", False),
    ],
)
def test_a_query_finds_words_and_what_is_written_in_one_piece(query, text, is_found):
    assert finds(query, text) is is_found


def test_no_other_letter_becomes_an_ascii_word_when_it_is_folded():
    for number in range(128, sys.maxunicode + 1):
        if not 0xD800 <= number < 0xE000:
            assert not any(letter.isascii() and letter.isalnum() for letter in folded(chr(number)))


@given(st.text(max_size=60))
def test_a_text_with_words_finds_itself(text):
    try:
        wanted = phrases(text)
    except ValueError:
        assert len(words(folded(text))) in {0, *range(MOST_WORDS + 1, 61)}
        return

    assert finder(wanted)(folded(text))


TEXTS = st.text(alphabet='aBä1 _-."\n', max_size=30)


@given(TEXTS, TEXTS)
def test_what_is_found_has_the_words_and_neighbours_that_were_asked_for(query, text):
    try:
        wanted = phrases(query)
    except ValueError:
        return
    known = words_and_neighbours(folded(text))
    if finder(wanted)(folded(text)):
        for phrase in wanted:
            assert set(phrase) <= known
            assert {f"{one} {two}" for one, two in pairwise(phrase)} <= known


def test_a_query_has_an_end():
    assert len(phrases("a " * MOST_WORDS)) == MOST_WORDS
    with pytest.raises(ValueError, match="at most 30 words to search for, found 31"):
        phrases("a-" * (MOST_WORDS + 1))
