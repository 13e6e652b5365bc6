"""``airflow governance contract diff``"""

from __future__ import annotations

import json

import pytest

OLD = """\
contract: people
version: "1.0.0"
columns:
  age: {type: integer, range: {at_least: 0, at_most: 150}}
  sex: {type: string, accepted_values: [f, m]}
"""


@pytest.fixture
def write(tmp_path):
    def make(name, text):
        file = tmp_path / name
        file.write_text(text)
        return str(file)

    return make


def test_the_same_contract_in_another_layout_asks_the_same(run, write):
    old, new = write("old.yaml", OLD), write("new.yaml", f"# in other words\n{OLD}")

    told = run("contract", "diff", old, new, "--fail-on", "any")

    assert (told.code, told.out) == (0, "The two versions ask the same.\n")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], 0),
        (["--fail-on", "breaking"], 1),
        (["--fail-on", "loosened"], 1),
        (["--fail-on", "tightened"], 0),
        (["--fail-on", "any"], 1),
    ],
)
def test_the_exit_code_follows_what_was_asked_to_fail_on(run, write, words, code):
    old, new = write("old.yaml", OLD), write("new.yaml", OLD.replace("at_least: 0, ", ""))

    told = run("contract", "diff", old, new, *words)

    assert told.code == code
    assert "loosened  breaking  age.range  bounds  >= 0 and <= 150  <= 150" in told.out
    assert "1 change, 1 of them breaking" in told.out


def test_a_new_version_alone_breaks_nothing(run, write):
    old, new = write("old.yaml", OLD), write("new.yaml", OLD.replace("1.0.0", "1.0.1"))

    told = run("contract", "diff", old, new, "--fail-on", "breaking", "--output", "json")

    assert told.code == 0
    (change,) = json.loads(told.out)
    assert (change["aspect"], change["effect"], change["breaking"]) == (
        "version",
        "described",
        False,
    )


def test_a_contract_that_cannot_be_read_is_an_error_and_no_difference(run, write):
    old, new = write("old.yaml", OLD), write("new.yaml", OLD.replace("range", "rnage"))

    told = run("contract", "diff", old, new)

    assert (told.code, told.out) == (2, "")
    assert "unknown key 'rnage'" in told.err
