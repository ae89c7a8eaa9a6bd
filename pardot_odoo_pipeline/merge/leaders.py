"""Who speaks for an e-mail address that several prospects share.

What lives here: the election of one leader per match key, and whom it follows itself where people
merged contacts in Odoo. What does not: reading or storing the choice; a stored leader comes in as
an argument and always wins.

Pardot allows several prospects with one address (AMPSEA accounts). They become one lead; profile
fields flow through the leader alone. The rule is Pardot's own for operations by e-mail: the
prospect with the latest activity, then the latest update, then the smallest id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["Person", "elect_leaders", "heads"]

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Person:
    """One living prospect, as far as the election needs it."""

    prospect_id: str
    email_key: str
    last_activity_at: datetime | None
    updated_at: datetime | None

    def _rank(self) -> tuple[datetime, datetime, int]:
        return (self.last_activity_at or _NEVER, self.updated_at or _NEVER, -int(self.prospect_id))


def elect_leaders(people: Iterable[Person], stored: Mapping[str, str]) -> dict[str, str]:
    """Name the leader of every match key.

    Args:
        people: Living prospects with a valid match key, each id once.
        stored: Match key to the prospect elected earlier. It stays leader even when it is not
            among ``people``: leaders change only on delete, merge, e-mail change or command.

    Returns:
        Prospect id of every person to the prospect id of its leader (itself for leaders).
    """
    groups: dict[str, list[Person]] = {}
    for person in people:
        groups.setdefault(person.email_key, []).append(person)
    leaders: dict[str, str] = {}
    for email_key, members in groups.items():
        leader = stored.get(email_key) or max(members, key=Person._rank).prospect_id
        leaders.update((member.prospect_id, leader) for member in members)
    return leaders


def heads(elected: Mapping[str, str], merged: Mapping[str, str]) -> dict[str, str]:
    """Name whom everybody follows in the end: all who share an address follow the same one.

    Args:
        elected: Prospect to the leader of its address; of whoever others were merged into, too.
        merged: Prospect to the one with whose contact a person merged its own in Odoo. It counts
            for leaders of an address: an address that is somebody else's ends it.
    """

    def head(leader: str) -> str:
        passed: list[str] = []
        while leader not in passed:
            passed.append(leader)
            if leader not in merged:
                return leader
            leader = elected.get(merged[leader], merged[leader])
        # Merged in a circle, by several acts: one of them has to lead.
        return min(passed[passed.index(leader) :], key=int)

    return {person: head(leader) for person, leader in elected.items()}
