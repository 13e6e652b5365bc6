"""A whole ledger in memory: it seals, signs, proves and exports what the tests tell it to."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence

from airflow_gov_provider.domain.ledger.bundle import write_bundle
from airflow_gov_provider.domain.ledger.merkle import CompactRange, leaf_hash, root_of
from airflow_gov_provider.domain.ledger.notes import Checkpoint, SignerKey, sign

ORIGIN = "ledger.example/governance"
KEY = SignerKey(ORIGIN, bytes(range(32)))


def documents(count: int) -> list[bytes]:
    return [b'{"event_id":"%064x","type":"task_instance.success"}' % at for at in range(count)]


class Ledger:
    def __init__(self, contents: Sequence[bytes], key: SignerKey = KEY) -> None:
        self.contents, self.key = list(contents), key
        self.leaves = [leaf_hash(content) for content in self.contents]
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.size = len(self.contents)
        CompactRange().extend(
            self.leaves, lambda level, at, found: self.nodes.update({(level, at): found})
        )

    def node(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]

    def checkpoint(self, size: int | None = None) -> str:
        size = self.size if size is None else size
        return sign(Checkpoint(self.key.name, size, root_of(self.leaves[:size])).text, self.key)

    def zipped(
        self, indexes: Iterable[int], *, size: int | None = None, older: Iterable[int] = ()
    ) -> bytes:
        out = io.BytesIO()
        write_bundle(
            out,
            events=[(index, self.leaves[index], self.contents[index]) for index in indexes],
            node=self.node,
            checkpoint=self.checkpoint(size),
            keys=[self.key.verifier],
            older=[self.checkpoint(at) for at in older],
        )
        return out.getvalue()

    def files(
        self, indexes: Iterable[int], *, size: int | None = None, older: Iterable[int] = ()
    ) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(self.zipped(indexes, size=size, older=older))) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
