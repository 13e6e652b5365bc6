"""Tables of counts as arrays, summed to the slices of every combination of features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from airflow_gov_provider.domain.fairness.counts import ContingencyTable, Counts, Key
from airflow_gov_provider.domain.fairness.population import Breakdown
from airflow_gov_provider.domain.fairness.resampling import CELLS
from airflow_gov_provider.domain.fairness.residuals import Residuals
from airflow_gov_provider.domain.fairness.slice_terms import RARE, SliceSearch
from airflow_gov_provider.domain.fairness.slice_values import FIELDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from airflow_gov_provider.domain.fairness.resampling import Floats

    Places = NDArray[np.int64]

MEASURES = ("rows", "weight", "squares")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cube:
    """A table as arrays: ``codes`` of each cell by feature, and ``sums`` as ``slice_values`` has
    them, of each cell.
    """

    features: tuple[str, ...]
    names: Sequence[Sequence[str | None]]
    codes: Places
    sums: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The slices of one combination of features that have enough rows."""

    features: tuple[str, ...]
    keys: Sequence[Key]
    sums: Floats

    def first(self, count: int) -> Block:
        return Block(features=self.features, keys=self.keys[:count], sums=self.sums[:count])


def cube_of(table: ContingencyTable | Breakdown[Residuals]) -> Cube:
    import numpy as np

    names: list[dict[str | None, int]] = [{} for _ in table.features]
    codes = [
        [known.setdefault(value, len(known)) for known, value in zip(names, key, strict=True)]
        for key in table.cells
    ]
    sums = [_sums(found) for found in table.cells.values()]
    shape = (len(MEASURES), len(CELLS)) if isinstance(table, ContingencyTable) else (len(FIELDS), 1)
    return Cube(
        features=table.features,
        names=[list(known) for known in names],
        codes=np.array(codes, dtype=np.int64).reshape(len(codes), len(names)),
        sums=np.array(sums, dtype=np.float64).reshape(len(sums), *shape),
    )


def _sums(found: Counts | Residuals) -> list[list[float]]:
    if isinstance(found, Residuals):
        return [[getattr(found, name)] for name in FIELDS]
    cells = [getattr(found, cell) for cell in CELLS]
    return [[getattr(cell, measure) for cell in cells] for measure in MEASURES]


def blocks(cubes: Sequence[Cube], terms: SliceSearch, least: int) -> Iterator[Block]:
    """Combinations of few features first; none whose part has no slice with enough rows."""
    empty: set[frozenset[str]] = set()
    for size in range(1, terms.max_features + 1):
        for features in combinations(terms.features, size):
            cube = next((c for c in cubes if set(features) <= set(c.features)), None)
            parts = (frozenset(part) for part in combinations(features, size - 1))
            if cube is None or any(part in empty for part in parts):
                continue
            block = _block(cube, features, least)
            if block.keys:
                yield block
            else:
                empty.add(frozenset(features))


def _block(cube: Cube, features: tuple[str, ...], least: int) -> Block:
    import numpy as np

    places = [cube.features.index(feature) for feature in features]
    sizes = [len(cube.names[place]) for place in places]
    flat = np.zeros(len(cube.codes), dtype=np.int64)
    for place, size in zip(places, sizes, strict=True):
        flat = flat * size + cube.codes[:, place]
    present, groups = np.unique(flat, return_inverse=True)
    one = cube.sums.shape[1:]
    cells = cube.sums.reshape(len(flat), one[0] * one[1])
    columns = [np.bincount(groups, weights=column, minlength=len(present)) for column in cells.T]
    sums = np.stack(columns, axis=-1).astype(np.float64).reshape(len(present), *one)
    codes = np.stack(np.unravel_index(present, sizes), axis=-1)
    keys = [
        tuple(cube.names[place][code] for place, code in zip(places, row, strict=True))
        for row in codes.tolist()
    ]
    enough = sums[:, 0].sum(axis=-1) >= least
    kept = [i for i, key in enumerate(keys) if enough[i] and RARE not in key]
    return Block(features=features, keys=[keys[i] for i in kept], sums=sums[kept])
