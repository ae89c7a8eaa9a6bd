"""What becomes of each visitor activity, and which entry in Odoo shows it.

What lives here: the decisions, pure. What does not: where activities, people and earlier decisions
are read (``steps/activities``), the table of kinds (``mapping/activity_table.py``), the words of an
entry (``activity_texts.py``) and a person's numbers (``activity_numbers.py``).

Noise is kept small by groups: activities of one kind, person, asset and day are one entry. It is
written with the first of them and grows with the others, instead of being written when the day is
over: a salesperson who looks at noon sees what happened in the morning. Its text is made from what
the ledger keeps of it, so that writing it twice gives the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from pardot_odoo_pipeline.mapping.activity_rules import ActivityRules
from pardot_odoo_pipeline.mapping.activity_table import (
    KINDS,
    ActivityDisposition,
    Counter,
    Show,
)

__all__ = [
    "MOST_LINES",
    "Activity",
    "ActivityPlan",
    "Decision",
    "Entry",
    "Known",
    "Owner",
    "Ownership",
    "decide",
    "group_key",
]

_KINDS = {kind.key: kind for kind in KINDS}

MOST_LINES = 20
"""Lines of one entry; a visitor may open hundreds of pages in a day."""


class Ownership(StrEnum):
    """What the ledger says of a prospect, in one word."""

    ACTIVE = "active"
    WAITING = "waiting"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose history an activity belongs to.

    Attributes:
        state: ``waiting`` while there is no lead yet, or the prospect is in the recycle bin.
        leader: The prospect that speaks for the lead.
        lead_id: The lead, where there is one.
    """

    state: Ownership
    leader: str
    lead_id: int | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity in canonical form.

    Attributes:
        id: Its id in Pardot.
        prospect_id: Whose; None while the visitor is anonymous.
        kind: Key of its kind.
        asset: ``field:id`` of what it happened to; None where nothing is named.
        label: The asset's name.
        url: The address that was opened.
        details: What else the API gives, as plain text.
        occurred_at: When.
        day: The day of the account, ISO.
    """

    id: str
    prospect_id: str | None
    kind: str
    asset: str | None
    label: str | None
    url: str | None
    details: str | None
    occurred_at: datetime
    day: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger remembers of an activity.

    Attributes:
        state: ``waiting``, ``writing`` or a settled disposition.
        lead_id: The lead that was tried.
        settled: Whether a call that was under way cannot commit any more.
    """

    state: str
    lead_id: int | None = None
    settled: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """One message in Odoo.

    Attributes:
        id: Id of its first activity.
        group_key: What later activities find it by; None where each has its own.
        prospect_id: The person that leads.
        kind: Key of its kind.
        lead_id: The record it stands on.
        content: What it says: ``count, first, last, label, asset, lines``; lines are
            ``[text, url, count]``.
        message_id: The message in Odoo, once there is one.
        activity_id: The done activity in Odoo, once there is one.
        fresh: Whether it has to be created; else its text has to change.
        doubtful: Whether an earlier call may have created it.
    """

    id: str
    group_key: str | None
    prospect_id: str
    kind: str
    lead_id: int
    content: Mapping[str, Any]
    message_id: int | None = None
    activity_id: int | None = None
    fresh: bool = True
    doubtful: bool = False

    @property
    def first(self) -> datetime:
        """When the first of its activities happened, which is the entry's date."""
        return datetime.fromisoformat(self.content["first"])


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one activity; ``entry`` is the one that it is shown as."""

    activity_id: str
    disposition: ActivityDisposition
    entry: str | None = None


@dataclass
class ActivityPlan:
    """All decisions, and the entries to write, oldest first."""

    decisions: list[Decision] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)


def decide(
    activities: Sequence[Activity],
    owners: Mapping[str, Owner],
    known: Mapping[str, Known],
    standing: Mapping[str, Entry],
    rules: ActivityRules,
    *,
    forgotten: bool = False,
) -> ActivityPlan:
    """Decide every activity once.

    Args:
        activities: Each id once.
        owners: By prospect id; who is not in it has no lead yet.
        known: What the ledger remembers, by activity id.
        standing: Entries that later activities may join, by group key; a fresh one was announced
            and may be in Odoo or not.
        rules: The section of the rules.
        forgotten: Whether the ledger knows less than was written: it was restored.
    """
    plan = ActivityPlan()
    groups = dict(standing)
    for activity in sorted(activities, key=lambda one: (one.occurred_at, len(one.id), one.id)):
        disposition = _without_entry(activity, owners, known.get(activity.id), rules)
        if disposition is not None:
            plan.decisions.append(Decision(activity.id, disposition))
            continue
        assert activity.prospect_id is not None
        owner = owners[activity.prospect_id]
        key = group_key(activity, owner, rules)
        doubtful = forgotten or _was_writing(known.get(activity.id))
        held = groups.get(key) if key else None
        if held is None:
            entry, disposition = _new(activity, owner, key, doubtful), ActivityDisposition.SHOWN
        elif held.fresh and held.id not in plan.entries:
            # Announced by a call that was cut short: its activities come again, from the first on.
            begun = _new(activity, owner, key, doubtful=True)
            entry, disposition = replace(begun, id=held.id), ActivityDisposition.SHOWN
        else:
            entry = replace(held, content=_grown(held.content, activity))
            disposition = ActivityDisposition.COUNTED
        if key:
            groups[key] = entry
        plan.entries[entry.id] = entry
        plan.decisions.append(Decision(activity.id, disposition, entry.id))
    return plan


def _without_entry(
    activity: Activity, owners: Mapping[str, Owner], known: Known | None, rules: ActivityRules
) -> ActivityDisposition | None:
    """What becomes of an activity that needs nothing in Odoo; None of one that does."""
    if activity.prospect_id is None:
        return ActivityDisposition.ANONYMOUS
    owner = owners.get(activity.prospect_id)
    if owner is not None and owner.state == Ownership.ERASED:
        return ActivityDisposition.ERASED
    if known is not None and known.state not in ("waiting", "writing"):
        return ActivityDisposition.UNCHANGED
    if known is not None and known.state == "writing" and not known.settled:
        return ActivityDisposition.IN_DOUBT
    if rules.show(_KINDS[activity.kind]) is Show.NONE:
        return ActivityDisposition.IGNORED_BY_RULE
    if owner is None or owner.state != Ownership.ACTIVE or owner.lead_id is None:
        return ActivityDisposition.WAITING
    if known is not None and known.state == "waiting" and known.lead_id == owner.lead_id:
        # That lead was gone; until the person has another one there is nothing to write on.
        return ActivityDisposition.WAITING
    return None


def _was_writing(known: Known | None) -> bool:
    return known is not None and known.state == "writing"


def group_key(activity: Activity, owner: Owner, rules: ActivityRules) -> str | None:
    """What the activities of one entry have in common; None where each has its own."""
    kind = _KINDS[activity.kind]
    if rules.show(kind) is not Show.DAILY:
        return None
    # One entry lists all pages of a day; everything else is counted per asset.
    asset = "" if kind.counter is Counter.PAGES else activity.asset or ""
    return f"{owner.leader}/{owner.lead_id}/{kind.key}/{asset}/{activity.day}"


def _new(activity: Activity, owner: Owner, key: str | None, doubtful: bool) -> Entry:
    assert owner.lead_id is not None
    at = activity.occurred_at.isoformat()
    content = {
        "count": 1,
        "first": at,
        "last": at,
        "asset": activity.asset,
        "label": activity.label,
        "lines": _lines([], activity),
    }
    return Entry(
        activity.id,
        key,
        owner.leader,
        activity.kind,
        owner.lead_id,
        content,
        doubtful=doubtful,
    )


def _grown(content: Mapping[str, Any], activity: Activity) -> dict[str, Any]:
    at = activity.occurred_at
    first, last = (datetime.fromisoformat(content[name]) for name in ("first", "last"))
    return {
        **content,
        "count": content["count"] + 1,
        "first": min(first, at).isoformat(),
        "last": max(last, at).isoformat(),
        "label": content["label"] or activity.label,
        "lines": _lines(content["lines"], activity),
    }


def _lines(lines: Sequence[Sequence[Any]], activity: Activity) -> list[list[Any]]:
    """What was opened or told, each once with its count; the list has an end."""
    text = activity.details or activity.url
    if not text or (text == activity.label and not activity.url):
        return [list(line) for line in lines]
    grown = [list(line) for line in lines]
    for line in grown:
        if line[:2] == [text, activity.url]:
            line[2] += 1
            return grown
    if len(grown) < MOST_LINES:
        grown.append([text, activity.url, 1])
    return grown
