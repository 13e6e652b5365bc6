from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain import cards
from airflow_gov_provider.domain.cards.markdown import inline

GOLDEN = Path(__file__).parents[2] / "golden" / "cards"

HOSTILE = [
    "<script>alert(1)</script>",
    "a | b | c",
    "\n# heading\n\n- item\n\n---\n",
    "[link](javascript:alert(1)) ![image](http://x/y.png)",
    "`code` **bold** _it_ ~~gone~~ $x$",
    "1. one",
    "- item",
    "+ item",
    "# heading",
    "> quote",
    "=====",
    "\\| \\` \\",
    "<!-- comment -->",
    "&lt;b&gt; &amp;",
    "```\nfence\n```",
    ": yaml",
    "key: value",
    "--- !!python/object/apply:os.system [echo]",
    "http://example.com www.example.com me@example.com",
    "    indented",
    "*",
    "{{ 7 * 7 }} {% raw %}",
]


def tokens(text: str) -> Counter[str]:
    """What a Markdown reader sees, without the texts themselves."""
    from markdown_it import MarkdownIt

    _, _, body = text.split("---\n", 2)
    found: Counter[str] = Counter()
    for token in MarkdownIt("commonmark").enable("table").enable("strikethrough").parse(body):
        found[token.type] += 1
        for child in token.children or ():
            if child.type not in ("text", "text_special"):
                found[child.type] += 1
    return found


@pytest.mark.parametrize(
    ("name", "render"),
    [
        ("card.json", cards.to_json_bytes),
        ("card.md", lambda card: cards.to_markdown(card).encode()),
        ("card.html", lambda card: cards.to_html(card).encode()),
    ],
)
def test_a_card_looks_as_it_did(card, name, render):
    """GOLDEN_UPDATE=1 rewrites the files; read the difference before you commit it."""
    content = render(card)
    if os.environ.get("GOLDEN_UPDATE"):
        (GOLDEN / name).write_bytes(content)

    assert content == (GOLDEN / name).read_bytes()


def test_a_card_of_today_can_still_be_read(card):
    import json

    stored = json.loads((GOLDEN / "card.json").read_bytes())

    assert cards.to_json_bytes(cards.from_json(stored)) == cards.to_json_bytes(card)


def test_hugging_face_reads_the_front_matter(card):
    hub = pytest.importorskip("huggingface_hub")

    read = hub.ModelCard(cards.to_markdown(card)).data

    assert read.license == "apache-2.0"
    assert read.library_name == "sklearn"
    assert read.pipeline_tag == "tabular-classification"
    assert read.model_name == "credit_model"
    results = {r.metric_type: r for r in read.eval_results}
    assert {name: r.metric_value for name, r in results.items()} == {
        "accuracy": 1.0,
        "roc_auc": 0.9187,
    }
    assert results["roc_auc"].dataset_name == "held_out"
    assert results["roc_auc"].dataset_revision == "9f2ac001"
    assert results["roc_auc"].task_type == "tabular-classification"


def test_hugging_face_reads_a_card_that_misses_everything(card_parts):
    hub = pytest.importorskip("huggingface_hub")
    bare = cards.build_card(
        **{
            **card_parts,
            "run": None,
            "model_file": None,
            "human": cards.parse_human_part(None, origin="nobody"),
        }
    )

    read = hub.ModelCard(cards.to_markdown(bare)).data

    assert read.license is None
    assert read.eval_results is None


def test_what_is_missing_is_printed_as_missing(card_parts):
    bare = cards.build_card(**{**card_parts, "human": cards.parse_human_part(None, origin="")})
    text = cards.to_markdown(bare)

    assert "- **Limitations** (missing): _missing_" in text
    assert "| Limitations | write limitations in the human part of the card |" in text
    assert "**10 of 26 statements are missing.**" in text


def test_a_group_that_was_not_judged_says_so_in_words(card):
    line = next(x for x in cards.to_markdown(card).splitlines() if x.startswith("| (missing) |"))

    assert "not judged: 12 judged rows, fewer than 30" in line


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_markup(card_saying, text):
    assert tokens(cards.to_markdown(card_saying(text))) == tokens(
        cards.to_markdown(card_saying("harmless"))
    )


@settings(max_examples=30, deadline=None)
@given(st.text(alphabet="abc |`*_~[]()<>#!\\-+=.1:/&\n$", min_size=1, max_size=25))
def test_no_text_at_all_becomes_markup(card_saying, text):
    text = f"x{text}x"

    assert tokens(cards.to_markdown(card_saying(text))) == tokens(
        cards.to_markdown(card_saying("harmless"))
    )


@given(st.text(alphabet="abc |`*_~[]()<>#!\\-+=.1:/&\n", min_size=1, max_size=25))
def test_a_reader_sees_the_text_that_was_written(text):
    from markdown_it import MarkdownIt

    written = " ".join(text.split())
    shown = MarkdownIt("commonmark").parse(f"- lead {inline(text)} end")
    children = next(t for t in shown if t.type == "inline").children

    assert "".join(c.content for c in children) == f"lead {written} end"


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_front_matter(card_saying, text):
    front = cards.to_markdown(card_saying(text)).split("---\n", 2)[1]

    expected = yaml.safe_load(cards.to_markdown(card_saying("harmless")).split("---\n", 2)[1])
    assert yaml.safe_load(front).keys() == expected.keys()
    assert yaml.safe_load(front)["license"] == " ".join(text.split())
