"""An export that proves itself to a stranger: a zip of events and of what ties them to a signature.

============================  ==================================================================
``events.jsonl``              the stored bytes of each event, a line each, in the order of leaves
``leaves.bin``                the leaf hash of each line, 32 bytes each, as the ledger keeps them
``proof.txt``                 the hashes of the subtrees between and beside the exported leaves
``checkpoint.txt``            the signed checkpoint
``consistency.jsonl``         older checkpoints, each with the proof that the tree grew out of it
``keys.txt``                  the keys that signed, to compare with those that a reader holds
``manifest.json``             the name of the ledger, its size, and which leaves the lines are
============================  ==================================================================

A leaf is SHA-256 of a zero byte and the line without its end, so any tool can recompute it. The
leaf hashes say which line was altered; they are themselves proved by the root in the checkpoint.
"""

from airflow_gov_provider.domain.ledger.bundle.checking import Outcome, check, verify_bundle
from airflow_gov_provider.domain.ledger.bundle.format import Manifest
from airflow_gov_provider.domain.ledger.bundle.writing import SealedEvent, write_bundle

__all__ = ["Manifest", "Outcome", "SealedEvent", "check", "verify_bundle", "write_bundle"]
