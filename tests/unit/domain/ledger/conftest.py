from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

_GOLDEN = Path(__file__).parents[3] / "golden" / "golden_merkle.json"


@pytest.fixture(scope="session")
def golden() -> dict[str, Any]:
    return json.loads(_GOLDEN.read_text(encoding="utf-8"))
