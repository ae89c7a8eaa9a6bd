"""List memberships of each person: none, or up to a handful, some opted out, some removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pardot_odoo_pipeline.sandbox.population import catalogue, rates
from pardot_odoo_pipeline.sandbox.population.streams import ONE_HUNDRED_PERCENT, Stream
from pardot_odoo_pipeline.sandbox.population.times import EPOCH_SECONDS, at

FIRST_MEMBERSHIP = 90_000_000
_IDS_A_PERSON = rates.MEMBERSHIP_LIMIT + 2  # one more for a list import


class Memberships:
    """The list memberships of a population, person by person."""

    def __init__(self, seed: int) -> None:
        self._stream = Stream(seed, "memberships", 2 + 2 * rates.MEMBERSHIP_LIMIT)

    def of(
        self, number: int, prospect_id: int, created: int, *, imported: bool
    ) -> Iterator[dict[str, Any]]:
        """Yield the memberships of one person, every list at most once."""
        draw = self._stream.at(number)
        first_id = FIRST_MEMBERSHIP + number * _IDS_A_PERSON
        if imported:
            yield _record(first_id, catalogue.IMPORT_LIST, prospect_id, created, created)
        if draw() % ONE_HUNDRED_PERCENT < rates.WITHOUT_LIST:
            return
        choice = draw()
        # Halving: one list for half of them, two for a quarter, and so on.
        count = 1
        while count < rates.MEMBERSHIP_LIMIT and choice >> count & 1:
            count += 1
        start = choice // 1024
        left = EPOCH_SECONDS - created
        lists = catalogue.LIST_IDS
        for position in range(count):
            target = lists[(start + 5 * position) % len(lists)]
            what, when = draw(), draw()
            if target == catalogue.IMPORT_LIST:
                continue
            added = created + when % left
            removed = what % ONE_HUNDRED_PERCENT < rates.MEMBERSHIP_DELETED
            yield _record(
                first_id + 1 + position,
                target,
                prospect_id,
                added,
                added + what % (EPOCH_SECONDS - added) if removed else added,
                opted_out=what // 13 % ONE_HUNDRED_PERCENT < rates.MEMBERSHIP_OPTED_OUT,
                deleted=removed,
            )


def _record(
    identity: int,
    list_id: int,
    prospect_id: int,
    added: int,
    changed: int,
    *,
    opted_out: bool = False,
    deleted: bool = False,
) -> dict[str, Any]:
    return {
        "id": identity,
        "listId": list_id,
        "prospectId": prospect_id,
        "optedOut": opted_out,
        "isDeleted": deleted,
        "createdAt": at(added),
        "updatedAt": at(changed),
        "createdById": catalogue.FIRST_USER,
        "updatedById": catalogue.FIRST_USER,
    }


__all__ = ["FIRST_MEMBERSHIP", "Memberships"]
