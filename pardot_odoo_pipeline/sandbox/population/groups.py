"""Which people are records of one person: everybody who shares an e-mail with somebody.

Kept in memory for those few only; who shares with nobody is not in here.
"""

from __future__ import annotations

from collections.abc import Mapping

from pardot_odoo_pipeline.sandbox.population.person import PersonMaker
from pardot_odoo_pipeline.sandbox.population.planted import PlantedProspect


def find_groups(maker: PersonMaker, size: int) -> Mapping[int, tuple[int, ...]]:
    """Return the members of every group by its original person."""
    groups: dict[int, list[int]] = {}
    for number in range(size):
        original = maker.identities.original_of(number)
        if original != number:
            groups.setdefault(original, [original]).append(number)
    return {original: tuple(members) for original, members in groups.items()}


def leader_of(members: dict[int, PlantedProspect]) -> int | None:
    """Return the living member that stands for the group: the most recently active.

    Without activity comes last; then the latest update decides, then the smallest id.
    """
    living = [number for number, member in members.items() if not member.truth.is_deleted]
    if not living:
        return None

    def rank(number: int) -> tuple[float, float, int]:
        row = members[number].row
        last = row["lastActivityAt"]
        return (last.timestamp() if last else -1.0, row["updatedAt"].timestamp(), -row["id"])

    return max(living, key=rank)


__all__ = ["find_groups", "leader_of"]
