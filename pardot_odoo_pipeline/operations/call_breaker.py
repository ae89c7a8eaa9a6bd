"""Stopping a batch that asks again and again.

What lives here: counting the calls of one batch against what its size explains. What does not: the
day's budget (`operations.quota`), which such a batch would burn within the hour.

What explains calls is the number of people: some are read or written one by one, a few times at
most. The rule is data (``quota.breaker`` of the rules file).
"""

from __future__ import annotations

import threading
from collections import Counter

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.mapping import quota_rules
from pardot_odoo_pipeline.pardot.errors import PardotError

__all__ = ["ASSETS", "CallBreaker", "PardotCallsExcessive"]


ASSETS = {
    "extract_prospects": "pardot_prospects_raw",
    "load_pardot": "pardot_load_results",
    "extract_activities": "pardot_activities_raw",
    "read_memberships": "pardot_memberships_raw",
    "load_tags": "odoo_tag_results",
}
"""The steps that call Pardot, by the asset that people know them by."""


class PardotCallsExcessive(PardotError):
    """One batch makes more calls than its size explains.

    Attributes:
        asset: The step that was at work.
        calls: How many it made.
        allowed: How many its size explains.
    """

    failure_class = FailureClass.CONFIGURATION
    asset = ""
    calls = 0
    allowed = 0


class CallBreaker:
    """Counts the calls of one attempt of a batch.

    Args:
        rules: What is allowed.
        batch_key: The batch, for the text.
        people: How many people it is about, as far as its scope tells.
    """

    def __init__(self, rules: quota_rules.CallBreaker, batch_key: str, people: int = 0) -> None:
        self._rules = rules
        self._batch_key = batch_key
        self._people = people
        self._asset = ""
        self._lock = threading.Lock()
        self._calls = 0
        self._paths: Counter[str] = Counter()

    @property
    def allowed(self) -> int:
        """So many calls are explained."""
        return self._rules.least + int(self._rules.per_person * self._people)

    def at(self, step: str) -> None:
        """Say which step makes the calls that follow."""
        self._asset = ASSETS.get(step, step)

    def expect(self, people: int) -> None:
        """Say how many people the batch turned out to be about."""
        self._people = max(self._people, people)

    def count(self, method: str, path: str) -> None:
        """Count a call that is about to be made.

        Raises:
            PardotCallsExcessive: It is one too many.
        """
        with self._lock:
            self._calls += 1
            self._paths[f"{method} {_family(path)}"] += 1
            if self._calls <= self.allowed:
                return
            most, times = self._paths.most_common(1)[0]
        error = PardotCallsExcessive(
            f"Batch {self._batch_key} made {self.allowed:,} calls to Pardot in "
            f"{self._asset or 'one step'}, more than its {self._people:,} people explain; "
            f"{times:,} of them were {most}",
            fix="Look at what asks again and again (a field that has to be read person by person, "
            "a list of lists, an answer that never ends); where it is right so, raise "
            "quota.breaker in the rules file; then `pardot-odoo sync` goes on",
            code="calls_excessive",
        )
        error.asset, error.calls, error.allowed = self._asset, self._calls, self.allowed
        raise error


def _family(path: str) -> str:
    """A path without the ids in it."""
    return "/".join("…" if part.isdecimal() else part for part in path.split("/"))
