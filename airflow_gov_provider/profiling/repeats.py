"""Keys that occur more than once: counted by grouping, or ruled out by hashes.

Equal keys have equal hashes, so as many different hashes as rows prove that all keys differ. Fewer
prove nothing, since two keys may share a hash; then the keys themselves are grouped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from airflow_gov_provider.profiling.columns import Column
from airflow_gov_provider.profiling.engines.dialects import named
from airflow_gov_provider.profiling.engines.engine import Relation

if TYPE_CHECKING:
    import numpy as np

# 8 bytes a key, the copy that is made while they are fetched, and what marks a range of numbers.
_BYTES_OF_A_KEY = 24
_SHARE_OF_MEMORY = 2  # the other half is for what runs beside it
FEW_SUSPECTS = 1000
# A byte for each number of the range takes no more room than the numbers themselves.
_SPARSEST = 8
_BYTES = 8
_FIT_64_BITS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")


def repeated_rows(relation: Relation, keys: Sequence[Column], where: exp.Expr) -> exp.Select:
    """The exact count: right for every type, and the dearest way to know it."""
    count = exp.Count(this=exp.Star())
    groups = (
        exp.select(exp.alias_(count, "n"))
        .from_(relation.table)
        .where(where)
        .group_by(*(named(key) for key in keys))
        .having(exp.GT(this=count.copy(), expression=exp.Literal.number(1)))
    )
    total = exp.Coalesce(this=exp.Sum(this=exp.column("n")), expressions=[exp.Literal.number(0)])
    return exp.select(total).from_(groups.subquery("repeats"))


def hashes(relation: Relation, keys: Sequence[Column], where: exp.Expr) -> exp.Select:
    """The 64-bit hash of each key, in DuckDB."""
    return exp.select(exp.alias_(_hash(keys), "h")).from_(relation.table).where(where)


def rounds(total: int, *, memory: int) -> int:
    """In how many parts keys are compared, so that those of one part fit into memory."""
    return -(-total * _BYTES_OF_A_KEY * _SHARE_OF_MEMORY // memory) or 1


def parts(keys: Sequence[Column], where: exp.Expr, *, rounds: int) -> Iterator[exp.Expr]:
    """Conditions that part the rows so that equal keys meet in one part."""
    if rounds == 1:
        yield where
        return
    count = exp.Literal.number(rounds)
    for index in range(rounds):
        bucket = exp.Mod(this=_hash_of_all(keys), expression=count.copy())
        yield exp.and_(where, exp.EQ(this=bucket, expression=exp.Literal.number(index)))


def shared(found: np.ndarray) -> list[int]:
    """The hashes that occur more than once. Sorts ``found`` in place."""
    import numpy as np

    if len(found) == 0:
        return []
    if found.dtype.itemsize < _BYTES:
        found = found.astype(np.int64)  # the width of a range need not fit the narrow type
    if _fill_a_range(found):
        return []
    found.sort()
    return [int(value) for value in np.unique(found[1:][found[1:] == found[:-1]])]


def _fill_a_range(found: np.ndarray) -> bool:
    """Whether they all differ, seen at a glance because they lie close together, as numbers do."""
    import numpy as np

    lowest, highest = int(found.min()), int(found.max())
    if highest - lowest >= _SPARSEST * len(found):
        return False
    seen = np.zeros(highest - lowest + 1, dtype=bool)
    seen[found - lowest] = True
    return int(np.count_nonzero(seen)) == len(found)


def among_suspects(keys: Sequence[Column], where: exp.Expr, suspects: Sequence[int]) -> exp.Expr:
    """Only rows that could be repeats."""
    listed = [exp.Literal.number(value) for value in suspects]
    return exp.and_(where, exp.In(this=_hash(keys), expressions=listed))


def _hash(keys: Sequence[Column]) -> exp.Expr:
    """A whole number stands for itself."""
    if len(keys) == 1 and keys[0].physical in _FIT_64_BITS:
        return named(keys[0])
    return _hash_of_all(keys)


def _hash_of_all(keys: Sequence[Column]) -> exp.Expr:
    return exp.Anonymous(this="hash", expressions=[named(key) for key in keys])
