"""Every error of ours, and whether trying again can help.

* GovernanceError
  x ContractInvalid         a contract or a card's human part is wrong; a retry reads the same file
  x ArgumentInvalid         an operator was given values that cannot be used
  x SourceError
    + SourceUnavailable     the data could not be reached just now (retry helps)
    + SourceInvalid         the data lacks what was asked of it: no such file, column or table
  x StoreError
    + StoreUnavailable      the governance database could not be reached (retry helps)
    + StoreBehind           its schema is older than this package; an administrator must migrate it
    + StoreAhead            its schema is newer than this package, which must be updated
    + LedgerBroken          what is stored does not continue what was signed; nothing more is signed
    + AnchorFailed          an anchor did not take a checkpoint; it is tried again (retry helps)
  x RegistryError
    + RegistryUnavailable   the model registry could not be reached (retry helps)
    + ModelNotFound         no such run, model or version
    + AliasContended        somebody else is promoting this model right now (retry helps)
  x EvidenceChanged         what was decided upon is no longer what is recorded
  x GateBlocked             a gate looked, and does not let anyone pass
  x PromotionRefused        the evidence does not allow the promotion
  x ApprovalRejected        a person said no
  x ApprovalTimedOut        nobody answered in time
  x IncidentNotFound        there is no such incident
  x IncidentConflict        somebody else has changed the incident before
  x NoticeError
    + NoticeFailed          a message about an incident did not arrive (retry helps)
    + NoticeRefused         whoever should receive it wants no more of it
  x SpoolError              events could not be written to this host's disk
  x LedgerInvalid           a checkpoint, a key, a proof or a bundle is not what its format demands
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class GovernanceError(Exception):
    """Root of every error this package raises on purpose."""

    retry_helps: ClassVar[bool] = False


class ContractInvalid(GovernanceError):
    """Carries every problem of one document at once, each with its place in it."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source, self.problems = source, tuple(problems)
        count = len(self.problems)
        listing = "".join(f"\n  - {problem}" for problem in self.problems)
        super().__init__(f"{source}: {count} problem{'s' * (count != 1)}{listing}")

    def __reduce__(self) -> tuple[type[ContractInvalid], tuple[str, tuple[str, ...]]]:
        return type(self), (self.source, self.problems)


class ArgumentInvalid(GovernanceError):
    """An argument has a value that can never work; the message says which values can."""


class SourceError(GovernanceError):
    """Root of what goes wrong while reading data."""


class SourceUnavailable(SourceError):
    """The data could not be reached: a connection failed, a server is away."""

    retry_helps = True


class SourceInvalid(SourceError):
    """The data can be reached and lacks what was asked: a file, table or column."""


class StoreError(GovernanceError):
    """Root of what goes wrong with the governance database."""


class StoreUnavailable(StoreError):
    """The governance database cannot be reached, so a gate lets nobody pass."""

    retry_helps = True


class StoreBehind(StoreError):
    """The governance database has an older schema than this package needs."""


class StoreAhead(StoreError):
    """The governance database has a newer schema than this package knows."""


class LedgerBroken(StoreError):
    """What the ledger holds does not continue what was signed or anchored before."""


class AnchorFailed(StoreError):
    """An anchor that the settings name did not take a checkpoint."""

    retry_helps = True


class RegistryError(GovernanceError):
    """Root of what goes wrong with MLflow."""


class RegistryUnavailable(RegistryError):
    """MLflow cannot be reached."""

    retry_helps = True


class ModelNotFound(RegistryError):
    """MLflow answers, and has no such run, registered model or version."""


class AliasContended(RegistryError):
    """Another promotion of the same model holds the lock."""

    retry_helps = True


class EvidenceChanged(GovernanceError):
    """The evidence a person saw is not the evidence that stands now."""


class GateBlocked(GovernanceError):
    """The verdict of a blocking gate; the evidence is already recorded when this is raised."""


class PromotionRefused(GovernanceError):
    """Carries everything that is missing for a promotion, at once."""

    def __init__(self, target: str, reasons: Sequence[str]) -> None:
        self.target, self.reasons = target, tuple(reasons)
        super().__init__(f"{target} is refused:" + "".join(f"\n  - {reason}" for reason in reasons))

    def __reduce__(self) -> tuple[type[PromotionRefused], tuple[str, tuple[str, ...]]]:
        return type(self), (self.target, self.reasons)


class ApprovalRejected(GovernanceError):
    """A person who may decide has rejected the request."""


class ApprovalTimedOut(GovernanceError):
    """Nobody who may decide answered before the request ended."""


class NoticeError(GovernanceError):
    """Root of what goes wrong with telling people; the message may be stored and shown."""


class NoticeFailed(NoticeError):
    """A message about an incident did not arrive."""

    retry_helps = True


class NoticeRefused(NoticeError):
    """Whoever should receive a message wants no more of it."""


class IncidentNotFound(GovernanceError):
    """No incident has this id."""


class IncidentConflict(GovernanceError):
    """What was to be done to an incident does not fit any more; says who did what before."""


class SpoolError(GovernanceError):
    """An event could not be written to the spool."""


class LedgerInvalid(GovernanceError):
    """A checkpoint, a key, a proof or a bundle is malformed, or its signature does not hold."""
