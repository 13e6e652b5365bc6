"""A faulty contract, given to any of the commands: the same lines, and nothing but them."""

from __future__ import annotations

import json

import pytest

FAULTY = """\
contract: people
version: 1
columns:
  age: {type: intger, range: [17, 90]}
"""
GOOD = 'contract: people\nversion: "1"\ncolumns: {age: integer}\n'
ERRORS = (
    ':2:1: error: version: expected text, found the number 1; write it as "1"',
    ":4:9: error: columns.age.type: unknown value 'intger'; did you mean 'integer'?",
)
RANGE = (
    ":4:23: error: columns.age.range: expected bounds such as {at_least: 0, at_most: 100}, "
    "found a list; write range: {at_least: 17, at_most: 90}"
)


@pytest.fixture
def write(tmp_path):
    def make(name, text):
        file = tmp_path / name
        file.write_text(text)
        return str(file)

    return make


@pytest.fixture
def told(run, write):
    """``told(command, contract)`` is what a command says of a contract, good or not."""
    data, good = write("people.csv", "age\n17\n"), write("good.yaml", GOOD)

    def ask(command, contract):
        words = {
            "lint": (contract,),
            "diff": (good, contract),
            "test": (contract, data),
            "compile": (contract, "--dialect", "postgres"),
        }
        return run("contract", command, *words[command])

    return ask


@pytest.mark.parametrize(
    ("command", "code"), [("lint", 1), ("diff", 2), ("test", 2), ("compile", 1)]
)
def test_every_command_tells_all_the_problems_with_file_and_line(told, write, command, code):
    faulty = write("faulty.yaml", FAULTY)

    said = told(command, faulty)

    lines = (said.out if command == "lint" else said.err).splitlines()
    assert said.code == code
    assert lines[:-1] == [f"{faulty}{error}" for error in (*ERRORS, RANGE)]
    assert lines[-1].startswith(f"{faulty}: 3 errors")
    assert command == "lint" or said.out == ""


def test_a_comparison_tells_the_problems_of_both_versions(run, write):
    old, new = write("old.yaml", FAULTY), write("new.yaml", "contract: [")

    said = run("contract", "diff", old, new, "--fail-on", "any")

    assert (said.code, said.out) == (2, "")
    assert f"{old}: 3 errors" in said.err
    assert f"{new}:2:1: error: not valid YAML" in said.err
    assert f"{new}: 1 error\n" in said.err


@pytest.mark.parametrize("command", ["diff", "test", "compile"])
def test_a_file_that_is_not_there_is_named_once(told, command):
    said = told(command, "/nowhere.yaml")

    assert said.out == ""
    assert said.err.startswith("/nowhere.yaml: error: no such file as /nowhere.yaml; give a path")
    assert len(said.err.splitlines()) == 2


@pytest.mark.parametrize("command", ["lint", "diff", "test", "compile"])
def test_the_suite_of_another_tool_is_one_line_in_every_command(told, write, command):
    suite = {"expectation_suite_name": "x", "expectations": [{"kwargs": {}}], "meta": {}}
    file = write("suite.json", json.dumps(suite, indent=2))

    said = told(command, file)

    (error,) = [line for line in (said.out + said.err).splitlines() if ": error: " in line]
    assert error.startswith(f"{file}:3:3: error: expectations: expected a data contract, found an ")


def test_which_of_several_objects_is_asked_for_in_the_words_of_the_command(told, write):
    objects = "".join(f"\n  - {{name: {name}, properties: [{{name: a}}]}}" for name in "pq")
    head = "apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nschema:"
    file = write("two.yaml", f"{head}{objects}\n")

    assert "the contract has 2 schema objects (p, q); choose one with" in told("test", file).err
    assert "--object" in told("compile", file).err
