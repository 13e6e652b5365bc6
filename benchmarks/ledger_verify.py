"""Verifying an export, beside hashing the bytes of its events once.

Cases take turns in one process; a ratio is of the best runs. *Work* is the processor time of that
process: a large bundle is unpacked in a second one, which costs no time where a second core is
free. ``hash`` is SHA-256 over each event in memory and nothing else. ``tree`` is what a store does
that has the events in memory: leaf hashes and the root. ``bundle`` is the verifier of strangers on
a zip on disk, unpacking and signatures included, once as it is exported and once with the events
stored unpacked; ``unzip and hash`` reads the same zip, hashes it in large pieces and checks
nothing.

    python benchmarks/ledger_verify.py --events 1000000
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from time import perf_counter, process_time

import figures

from airflow_gov_provider.domain.ledger import notes
from airflow_gov_provider.domain.ledger.bundle import write_bundle
from airflow_gov_provider.domain.ledger.merkle import CompactRange, leaf_hash, leaf_hashes, root_of
from airflow_gov_provider.domain.ledger.proofs import inclusion
from airflow_gov_provider.domain.ledger.tlog_proof import TlogProof, verify_event
from airflow_gov_provider.verify.report import of_bundle

KEY = notes.SignerKey("benchmark.example", bytes(32))
MOST_HASHES, JUDGED_FROM, MOST_MS = 3, 1_000_000, 500


def make_event(number: int) -> bytes:
    """About 1,080 bytes, as the other figures of the ledger are measured with; varied enough that a
    zip does not shrink it to nothing."""
    seed = sha256(b"%d" % number).hexdigest()
    fields = {
        "dag_id": f"dag_{number % 200}",
        "event_id": seed,
        "occurred_at": f"2026-11-21T12:{number // 60 % 60:02}:{number % 60:02}Z",
        "payload": {
            f"field_{at}": f"{seed[at : at + 16]} a text of some length" for at in range(16)
        },
        "run_id": f"scheduled__2026-11-21T{number % 24:02}:00:00+00:00",
        "task_id": f"task_{number % 37}",
        "type": "task_instance.success",
        "witness": "listener",
    }
    return json.dumps(fields, separators=(",", ":"), sort_keys=True).encode()


def write_files(directory: Path, events: list[bytes]) -> tuple[Path, Path]:
    """The bundle as it is exported, and the same one with its events unpacked."""
    leaves = [leaf_hash(event) for event in events]
    root = root_of(leaves)
    packed, unpacked = directory / "packed.zip", directory / "unpacked.zip"
    with packed.open("wb") as out:
        write_bundle(
            out,
            events=((at, leaves[at], event) for at, event in enumerate(events)),
            node=lambda _level, _index: root,  # a whole ledger has no gaps to fill
            checkpoint=notes.sign(notes.Checkpoint(KEY.name, len(events), root).text, KEY),
            keys=[KEY.verifier],
        )
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(unpacked, "w") as out:
        for name in source.namelist():
            with source.open(name) as content, out.open(name, "w", force_zip64=True) as copy:
                while chunk := content.read(2**20):
                    copy.write(chunk)
    return packed, unpacked


def hash_once(events: list[bytes]) -> None:
    for event in events:
        sha256(event).digest()


def unzip_and_hash(path: Path) -> None:
    digest = sha256()
    with zipfile.ZipFile(path) as archive, archive.open("events.jsonl") as content:
        while chunk := content.read(2**18):
            digest.update(chunk)


def verify(path: Path) -> None:
    report = of_bundle(path, [KEY.verifier], {})
    if report.problems:
        raise SystemExit(f"the bundle should verify: {report.problems}")


def best_of(cases: dict[str, Callable[[], object]], turns: int) -> dict[str, tuple[float, float]]:
    """The least seconds of each, and the least work."""
    best: dict[str, tuple[float, float]] = {}
    for _ in range(turns):
        for name, case in cases.items():
            begun, worked = perf_counter(), process_time()
            case()
            taken, work = perf_counter() - begun, process_time() - worked
            before = best.get(name, (taken, work))
            best[name] = min(taken, before[0]), min(work, before[1])
    return best


def start_of_a_process(path: Path, directory: Path) -> Callable[[], object]:
    key = directory / "key.txt"
    key.write_text(KEY.verifier.text + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "airflow_gov_provider.verify", str(path), "--key", str(key)]
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def one_proof_of_many(events: list[bytes]) -> tuple[Callable[[], object], Callable[[], object]]:
    nodes: dict[tuple[int, int], bytes] = {}
    tree = CompactRange().extend(
        (leaf_hash(event) for event in events),
        lambda level, at, found: nodes.update({(level, at): found}),
    )
    note = notes.sign(notes.Checkpoint(KEY.name, tree.size, tree.root).text, KEY)
    at = tree.size // 3

    def make() -> str:
        path = inclusion(at, tree.size, lambda level, index: nodes[level, index])
        return TlogProof(index=at, path=path, note=note).text

    proof = make()
    return make, lambda: verify_event(proof, events[at], [KEY.verifier])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    events = [make_event(number) for number in range(options.events)]
    size = sum(map(len, events)) / len(events)
    print(f"{options.events:,} events of {size:,.0f} bytes, best of {options.turns} turns")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        packed, unpacked = write_files(directory, events)
        best = best_of(
            {
                "hash": lambda: hash_once(events),
                "tree": lambda: root_of(leaf_hashes(events)),
                "bundle, unpacked": lambda: verify(unpacked),
                "unzip and hash": lambda: unzip_and_hash(packed),
                "bundle": lambda: verify(packed),
            },
            options.turns,
        )
        for case, (taken, work) in best.items():
            times, works = taken / best["hash"][0], work / best["hash"][1]
            print(f"{case:18} {taken:7.2f} s {times:6.2f}x hash, work {work:7.2f} s {works:6.2f}x")
        megabytes = packed.stat().st_size / 1e6, unpacked.stat().st_size / 1e6
        print("zip: {:,.0f} MB, unpacked {:,.0f} MB".format(*megabytes))
        few, _ = write_files(directory, events[:100])
        make, check = one_proof_of_many(events)
        small = best_of(
            {"process": start_of_a_process(few, directory), "make": make, "check": check},
            5,
        )
    print(f"a process that verifies 100 events: {small['process'][0] * 1000:.0f} ms")
    print(
        f"one proof: made in {small['make'][0] * 1e6:.0f} us (nodes at hand), "
        f"checked in {small['check'][0] * 1e6:.0f} us"
    )
    hashes, process = best["bundle"][0] / best["hash"][0], small["process"][0] * 1000
    figures.tell(
        [
            figures.Limit(
                figure=f"verifying an export of {options.events:,} events",
                found=f"{hashes:.2f} x hashing",
                limit=f"<= {MOST_HASHES} x hashing",
                kept=hashes <= MOST_HASHES if options.events >= JUDGED_FROM else None,
            ),
            figures.Limit(
                figure="a process that verifies 100 events",
                found=f"{process:.0f} ms",
                limit=f"< {MOST_MS} ms",
                kept=process < MOST_MS,
            ),
        ]
    )


if __name__ == "__main__":
    main()
