"""Paths and globs on this machine's disks."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp

from airflow_gov_provider.exceptions import SourceInvalid, SourceUnavailable

_READERS = {
    ".parquet": "read_parquet",
    ".pq": "read_parquet",
    ".csv": "read_csv",
    ".tsv": "read_csv",
    ".txt": "read_csv",
}
_COMPRESSED = (".gz", ".zst")
_PARQUET_MAGIC = b"PAR1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Files that are read as one table.

    :param shown: the path or glob as it was given.
    :param reader: DuckDB's table function for their format.
    """

    shown: str
    paths: tuple[Path, ...]
    reader: str

    @property
    def format(self) -> str:
        return self.reader.removeprefix("read_")

    def relation(self) -> exp.Expr:
        listed = [exp.Literal.string(glob.escape(str(path))) for path in self.paths]
        arguments: list[exp.Expr] = [exp.Array(expressions=listed)]
        if self.reader == "read_csv":
            arguments += csv_options()
        return exp.Anonymous(this=self.reader, expressions=arguments)


def csv_options() -> list[exp.Expr]:
    """How a CSV file is read: every line is data, and decides on the types."""
    # The type of a column is decided by all of its values, not by the first few thousand.
    every_row = exp.Neg(this=exp.Literal.number(1))
    options: dict[str, exp.Expr] = {
        "sample_size": every_row,
        "header": exp.true(),
        # Left alone, DuckDB may take lines at the top or with a # for no data.
        "skip": exp.Literal.number(0),
        "comment": exp.Literal.string(""),
    }
    return [exp.PropertyEQ(this=exp.var(name), expression=value) for name, value in options.items()]


def find(path: str, *, directory: Path | None = None) -> Files:
    """The files that a path or a glob means.

    :param directory: what a relative path starts from; None is the working directory.
    :raises SourceInvalid: if there is none, or one is empty or of an unknown format.
    :raises SourceUnavailable: if one is there and cannot be opened.
    """
    if "://" in path:
        raise SourceInvalid(f"{path}: expected a path on this machine, found a URL; fetch it first")
    start = Path(path) if directory is None else directory / path
    paths = [start] if start.exists() else [Path(p) for p in glob.glob(str(start), recursive=True)]  # noqa: PTH207
    if not paths:
        raise SourceInvalid(
            f"{path}: no such file, and no file matches it as a pattern{_from(path, directory)}"
        )
    files = sorted(p for p in paths if p.is_file())
    if not files:
        raise SourceInvalid(
            f"{path} is a directory; name a file or a pattern like {path}/*.parquet"
        )
    heads = [_head(p) for p in files]
    readers = {_reader(p, head) for p, head in zip(files, heads, strict=True)}
    if len(readers) > 1:
        raise SourceInvalid(f"{path} matches files of several formats; make the pattern narrower")
    return Files(shown=path, paths=tuple(p.resolve() for p in files), reader=readers.pop())


def _from(path: str, directory: Path | None) -> str:
    if Path(path).is_absolute():
        return ""
    return f"; a relative path starts at {directory or Path.cwd()} on the worker"


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(len(_PARQUET_MAGIC))
    except OSError as error:
        raise SourceUnavailable(f"{path} cannot be opened: {error.strerror}") from error
    if not head:
        raise SourceInvalid(f"{path} is empty (0 bytes); even a table without rows has a header")
    return head


def _reader(path: Path, head: bytes) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in _COMPRESSED]
    reader = _READERS.get(suffixes[-1] if suffixes else "")
    if reader is None and head == _PARQUET_MAGIC:
        return "read_parquet"
    if reader is None:
        raise SourceInvalid(
            f"{path}: the format is not known from its name; "
            f"expected one of {', '.join(sorted(_READERS))}"
        )
    return reader
