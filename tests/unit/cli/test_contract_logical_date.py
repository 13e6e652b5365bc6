"""``airflow governance contract test --logical-date``"""

from __future__ import annotations

import json
from typing import Any

import pytest

CONTRACT = """\
contract: events
version: "1.0.0"
checks:
  - freshness: {max_age: 6h, column: at, relative_to: logical_date}
  - gaps: {every: 1d, column: at}
"""


@pytest.fixture
def findings(run: Any, tmp_path: Any) -> Any:
    """``findings(*words)``: verdict and reason of the two checks."""
    (tmp_path / "c.yaml").write_text(CONTRACT)
    (tmp_path / "events.csv").write_text("at\n2026-03-01T20:00:00\n2026-05-01T00:00:00\n")

    def found(*words: str) -> list[tuple[str, str | None]]:
        told = run(
            "contract",
            "test",
            str(tmp_path / "c.yaml"),
            str(tmp_path / "events.csv"),
            *words,
            "--output",
            "json",
        )
        return [(each["verdict"], each["reason"]) for each in json.loads(told.out)["findings"][1:]]

    return found


def test_data_is_judged_as_on_that_day(findings: Any) -> None:
    assert findings("--logical-date", "2026-03-01/2026-03-02") == [
        ("PASSED", None),
        ("PASSED", None),
    ]


def test_a_day_later_it_was_too_old(findings: Any) -> None:
    fresh, gaps = findings("--logical-date", "2026-03-02T12:00:00+00:00")

    assert fresh == ("FAILED", "the newest value is too old")
    assert gaps[0] == "INSUFFICIENT"


def test_without_it_there_is_no_answer(findings: Any) -> None:
    assert [verdict for verdict, _ in findings()] == ["INSUFFICIENT", "INSUFFICIENT"]


@pytest.mark.parametrize("written", ["tomorrow", "2026-03-02/2026-03-01", "2026-03-02/"])
def test_what_is_no_time_is_an_error(run: Any, tmp_path: Any, written: str) -> None:
    (tmp_path / "c.yaml").write_text(CONTRACT)

    told = run("contract", "test", str(tmp_path / "c.yaml"), "x.csv", "--logical-date", written)

    assert (told.code, told.out) == (2, "")
    assert "--logical-date" in told.err


def test_lint_against_data_has_nothing_to_say_of_what_every_run_can_answer(
    run: Any, tmp_path: Any
) -> None:
    (tmp_path / "events.csv").write_text("at,kind\n2026-03-01T20:00:00,a\n")
    text = CONTRACT + "  - not_in_future: {column: at}\n    segment_by: kind\n"
    (tmp_path / "c.yaml").write_text(text)

    told = run("contract", "lint", str(tmp_path / "c.yaml"), "--data", str(tmp_path / "events.csv"))

    assert (told.code, told.err) == (0, "")
    assert "0 errors, 0 warnings" in told.out
