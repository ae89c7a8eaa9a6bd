"""Whether a record carries the tag of a Pardot list, and who said so last. Pure.

What lives here: which of several readings of a membership is the latest, what tags are called, and
the decision about one tag of one record. What does not: reading and writing (``steps/memberships``)
and which lists are wanted (``mapping/list_rules.py``).

A tag has three answers to "is this person on the list": Pardot's (*wanted*), the one that both
sides agreed on last (*agreed*), and Odoo's (*carried*). Each is yes or no, so a side that changed
either meets the other one there or stands against it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = [
    "Edit",
    "EditOutcome",
    "Membership",
    "TagDecision",
    "TagState",
    "decide_tag",
    "latest",
    "tag_names",
]


@dataclass(frozen=True, slots=True)
class Membership:
    """One person on one list, as Pardot showed it.

    Attributes:
        prospect_id: Who.
        list_id: Where.
        membership_id: Pardot's number of it; a person who left and came back may have two.
        is_member: Whether it is valid: not removed.
        opted_out: Whether the person wants nothing that is sent to this list.
        version: When it last changed.
    """

    prospect_id: str
    list_id: int
    membership_id: int
    is_member: bool
    opted_out: bool
    version: datetime

    @property
    def gives_tag(self) -> bool:
        """Whether the person shows as a member: an opt-out is no reason to write to somebody."""
        return self.is_member and not self.opted_out

    @property
    def pair(self) -> tuple[str, int]:
        """Person and list."""
        return self.prospect_id, self.list_id


def latest(readings: Iterable[Membership]) -> dict[tuple[str, int], Membership]:
    """The reading that holds, per person and list: the latest, of one second the younger number."""
    found: dict[tuple[str, int], Membership] = {}
    for reading in readings:
        known = found.get(reading.pair)
        if known is None or _age(reading) >= _age(known):
            found[reading.pair] = reading
    return found


def _age(reading: Membership) -> tuple[datetime, int]:
    return reading.version, reading.membership_id


def tag_names(lists: Mapping[int, str]) -> dict[int, str]:
    """What the tags of these lists are called: their names, with the id where two are alike."""
    plain = {
        list_id: " ".join(name.split()) or f"List {list_id}" for list_id, name in lists.items()
    }
    alike = Counter(name.casefold() for name in plain.values())
    return {
        list_id: f"{name} ({list_id})" if alike[name.casefold()] > 1 else name
        for list_id, name in plain.items()
    }


class Edit(StrEnum):
    """What a person did to a tag in Odoo."""

    ADDED = "added"
    REMOVED = "removed"


class EditOutcome(StrEnum):
    """What became of that. The words are stored in the ledger."""

    AGREED = "agreed"
    TO_PARDOT = "to_pardot"
    PUT_BACK = "put_back"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class TagState:
    """The three answers.

    Attributes:
        wanted: Pardot's now: somebody behind this record is on the list.
        agreed: What both sides last agreed on.
        carried: Odoo's now; None where it was not read, which is no change.
    """

    wanted: bool
    agreed: bool
    carried: bool | None = None


@dataclass(frozen=True, slots=True)
class TagDecision:
    """What shall happen. ``None``: nothing on that side.

    Attributes:
        odoo: Whether Odoo's record shall carry the tag.
        pardot: Whether the person shall be on the list in Pardot.
        agreed: What to remember once that is done.
        edit: What a person did in Odoo.
        outcome: What becomes of it.
        rule: Why, in one word.
    """

    odoo: bool | None
    pardot: bool | None
    agreed: bool
    edit: Edit | None = None
    outcome: EditOutcome | None = None
    rule: str = "same"


def decide_tag(
    state: TagState, *, flows_back: bool = False, opted_out: bool = False, spent: bool = False
) -> TagDecision:
    """Decide about one tag of one record.

    Args:
        state: The three answers.
        flows_back: Whether an edit in Odoo may change the list: static and marked so.
        opted_out: Whether somebody behind the record opted out of the list. That is undone only
            where it was done, so a tag given in Odoo cannot stay.
        spent: Whether this tag was put back so often that somebody, or some automation, insists.
    """
    wanted, agreed = state.wanted, state.agreed
    carried = agreed if state.carried is None else state.carried
    if carried == agreed:
        if wanted == carried:
            return TagDecision(None, None, agreed)
        return TagDecision(wanted, None, wanted, rule="joined" if wanted else "left")
    edit = Edit.ADDED if carried else Edit.REMOVED
    if wanted == carried:
        return TagDecision(None, None, carried, edit, EditOutcome.AGREED, "same_change")
    if flows_back and not (carried and opted_out):
        return TagDecision(None, carried, carried, edit, EditOutcome.TO_PARDOT, "two_way")
    if spent:
        return TagDecision(None, None, agreed, edit, EditOutcome.HELD, "put_back_too_often")
    rule = "opted_out" if carried and opted_out else "pardot_decides"
    return TagDecision(wanted, None, wanted, edit, EditOutcome.PUT_BACK, rule)
