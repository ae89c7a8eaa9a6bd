"""The receiver's log: what was refused, in numbers.

What lives here: counting refusals, and the lines about them and about the ledger. What does not:
metrics (`metrics`).

A stranger who sends a million forged requests must not write a million lines, and no line may hold
what was sent. So there is one line a minute for each source and reason, with a count.
"""

from __future__ import annotations

import logging
from collections import Counter

from pardot_odoo_pipeline.errors import PipelineError

__all__ = ["RefusalLog"]

_log = logging.getLogger(__name__)


class RefusalLog:
    """Counts refusals until they are written."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, source: str, outcome: str) -> None:
        """Count one; the source is empty where it is unknown."""
        self._counts[source or "-", outcome] += 1

    def write(self) -> None:
        """Write what was counted since the last time."""
        counts, self._counts = self._counts, Counter()
        for (source, outcome), number in sorted(counts.items()):
            _log.warning("refused source=%s reason=%s requests=%d", source, outcome, number)

    def ledger(self, failure: PipelineError | None) -> None:
        """The ledger began to fail, or, with None, takes events again."""
        if failure is None:
            _log.warning("The ledger takes events again")
        else:
            _log.error("Events are refused: %s", failure)

    def rules(self, failure: PipelineError) -> None:
        """A changed rule or secret is wrong."""
        _log.error("The change of rules or secrets is not followed: %s", failure)

    def upkeep(self, failure: Exception) -> None:
        """Something unforeseen happened between requests; only its name is safe to tell."""
        _log.error("The look at rules and secrets failed: %s", type(failure).__name__)
