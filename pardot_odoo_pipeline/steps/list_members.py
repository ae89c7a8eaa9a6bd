"""Who of a batch is on some lists, for rules that ask.

What lives here: the choice between what the ledger knows and what Pardot says. What does not: the
reading of memberships as such (``steps/memberships``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property

from pardot_odoo_pipeline.ledger.store import memberships
from pardot_odoo_pipeline.pardot.memberships import memberships_of_list
from pardot_odoo_pipeline.ports import Ports

__all__ = ["ListMembers"]


class ListMembers:
    """Answers from the ledger, or from Pardot before the first batch of memberships.

    What the ledger knows is as old as its last such batch; a list in Pardot is read once.

    Args:
        ports: What the batch may touch.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._lists: dict[str, set[int]] = {}
        self._members: dict[int, set[str]] = {}

    def recall(self, prospect_ids: Iterable[str]) -> None:
        """Look these people up, all at once; those of before are forgotten."""
        if self._ledger_knows:
            with self._ports.ledger.read() as connection:
                self._lists = memberships.lists_of(connection, prospect_ids)

    def is_on(self, prospect_id: str, lists: Collection[int]) -> bool:
        """Whether a recalled prospect is on one of these lists, and has not opted out of it."""
        if self._ledger_knows:
            return not self._lists.get(prospect_id, set()).isdisjoint(lists)
        return any(prospect_id in self._members_of(list_id) for list_id in sorted(lists))

    @cached_property
    def _ledger_knows(self) -> bool:
        with self._ports.ledger.read() as connection:
            return bool(memberships.all_lists(connection))

    def _members_of(self, list_id: int) -> set[str]:
        if list_id not in self._members:
            self._members[list_id] = {
                str(row["prospectId"])
                for page in memberships_of_list(self._ports.pardot, list_id)
                for row in page
                if not row.get("optedOut")
            }
        return self._members[list_id]
