from __future__ import annotations

from pathlib import Path

import pytest
from fakes.ledger import KEY, Ledger, documents

from airflow_gov_provider.verify.__main__ import main


class Desk:
    """A reader's desk: a ledger elsewhere, a directory, and the verifier."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.ledger, self.directory, self._capsys = Ledger(documents(100)), directory, capsys
        self.key = self.put("keys.txt", f"# trusted\n{KEY.verifier.text}\n")

    def put(self, name: str, content: bytes | str) -> str:
        path = self.directory / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def verify(self, *arguments: str, key: str | None = None) -> tuple[int, str]:
        """The exit code, and all that was printed."""
        code = main([*arguments, "--key", key or self.key])
        captured = self._capsys.readouterr()
        return code, captured.out + captured.err


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)
