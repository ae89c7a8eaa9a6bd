"""Do both sides agree on a person, and if not, what is the one cause? Pure.

What lives here: the closed list of causes, their words, and the decision. What does not: planning
(`merge.people` and its steps say what a sync would do), reading either side, the ledger.

A person agrees when a sync that read both sides now would have nothing to do, and both show the
same. Whoever does not has exactly one cause, the first of the list that holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from pardot_odoo_pipeline.mapping.reasons import Disposition, Explanation

__all__ = ["CAUSES", "EXPLAINED", "MENDABLE", "Cause", "Settled", "Standing", "cause_of"]


class Cause(StrEnum):
    """Why both sides do not show the same of a person. Nothing else is ever reported."""

    REWOUND = "rewound"
    HELD = "held"
    QUARANTINED = "quarantined"
    SUSPENDED = "suspended"
    RETRYING = "retrying"
    IN_FLIGHT = "in_flight"
    MISSING_IN_PARDOT = "missing_in_pardot"
    MISSING_IN_ODOO = "missing_in_odoo"
    HIDDEN_IN_ODOO = "hidden_in_odoo"
    KEEPS_BY_RULE = "keeps_by_rule"
    NOT_YET_SYNCED = "not_yet_synced"
    DIFFERS = "differs"


CAUSES: Mapping[Cause, Explanation] = MappingProxyType(
    {
        Cause.REWOUND: Explanation(
            "A side shows an older version than it showed before, as after a restored backup.",
            "If a backup was restored, choose whose values stand: `pardot-odoo reconcile "
            "--accept-rewound`.",
        ),
        Cause.HELD: Explanation(
            "A brake holds the person, or both sides keep writing a field over each other.",
            "`pardot-odoo holds` shows them; `pardot-odoo sync --release ID` lets them go.",
        ),
        Cause.QUARANTINED: Explanation(
            "The person cannot be synced until a cause is gone.",
            "`pardot-odoo quarantine` names the cause of each.",
        ),
        Cause.SUSPENDED: Explanation(
            "A write failed as often as it is tried.",
            "`pardot-odoo retries` shows them; mend the record, then sync it by its id.",
        ),
        Cause.RETRYING: Explanation(
            "A write failed, or a record was not found, and another attempt is due.",
            "Nothing: it comes by itself.",
        ),
        Cause.IN_FLIGHT: Explanation(
            "Somebody changed the person after what the last interval read, a batch or a pushed "
            "event is under way, or the change is minutes old.",
            "Nothing: the next interval brings it.",
        ),
        Cause.MISSING_IN_PARDOT: Explanation(
            "The prospect is not in Pardot any more, not even in its recycle bin.",
            "`pardot-odoo reconcile --repair` carries the deletion over.",
        ),
        Cause.MISSING_IN_ODOO: Explanation(
            "The lead or the contact was deleted in Odoo.",
            "`pardot-odoo reconcile --repair` does what automation.deleted_in_odoo says.",
        ),
        Cause.HIDDEN_IN_ODOO: Explanation(
            "The lead or the contact is in Odoo, and the pipeline's user may not see it.",
            "Give the user its rights back, then `pardot-odoo quarantine release --reason "
            "record_hidden`.",
        ),
        Cause.KEEPS_BY_RULE: Explanation(
            "A rule keeps both sides apart: a blank that does not travel, a field of one "
            "direction, an address that several prospects share, a lead deleted on purpose.",
            "Nothing, or change the rule.",
        ),
        Cause.NOT_YET_SYNCED: Explanation(
            "The prospect has no lead, and nothing says why: no batch ever read it.",
            "`pardot-odoo reconcile --repair` syncs it.",
        ),
        Cause.DIFFERS: Explanation(
            "Both sides differ, a sync would change that, and none was due: a change that nobody "
            "saw.",
            "`pardot-odoo reconcile --repair` syncs the person; `pardot-odoo explain ID` shows "
            "the values.",
        ),
    }
)

EXPLAINED = frozenset(Cause) - {Cause.NOT_YET_SYNCED, Cause.DIFFERS}
"""Causes that say why; the others are what a certificate is there to find."""

MENDABLE = frozenset(
    {Cause.NOT_YET_SYNCED, Cause.DIFFERS, Cause.MISSING_IN_ODOO, Cause.MISSING_IN_PARDOT}
)
"""Causes that a batch of the people concerned takes away."""


@dataclass(frozen=True)
class Settled:
    """Up to when each side has been read by intervals: what is later is not due yet."""

    pardot: datetime
    odoo: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one person when both sides have just been read.

    Attributes:
        disposition: What a sync would make of them now.
        writes: Whether it would write anything anywhere.
        apart: Whether both sides would go on showing different values.
        linked: Whether the ledger knows a lead or a contact of theirs.
        lost: ``odoo`` or ``pardot``: which side does not have them any more; None where both do.
        lost_for_good: Whether that was seen twice, and what follows from it was done.
        hidden: Whether a record of theirs is in Odoo and out of sight.
        rewound: Whether a side shows an older version than the ledger recorded.
        held: Whether a brake holds them.
        field_held: Whether one of their fields is left alone, because both sides keep writing it.
        suspended: Whether a write failed for good.
        retrying: Whether another attempt is due.
        under_way: Whether an unfinished batch or a waiting event names them.
        pardot_at: When Pardot's record was changed last, if no batch has seen that yet.
        odoo_at: When one of Odoo's was.
    """

    disposition: Disposition
    writes: bool = False
    apart: bool = False
    linked: bool = True
    lost: str | None = None
    lost_for_good: bool = False
    hidden: bool = False
    rewound: bool = False
    held: bool = False
    field_held: bool = False
    suspended: bool = False
    retrying: bool = False
    under_way: bool = False
    pardot_at: datetime | None = None
    odoo_at: datetime | None = None


def cause_of(one: Standing, settled: Settled) -> Cause | None:
    """The one cause why a person does not agree; None for whoever does."""
    if one.rewound:
        return Cause.REWOUND
    if one.hidden:
        return Cause.HIDDEN_IN_ODOO
    if one.disposition is Disposition.QUARANTINED:
        return Cause.QUARANTINED
    if not one.writes and one.lost is None and not one.field_held:
        apart = one.apart or one.disposition in (Disposition.MERGED, Disposition.TOMBSTONED)
        return Cause.KEEPS_BY_RULE if apart else None
    if one.lost is not None and one.lost_for_good and not one.writes:
        return Cause.KEEPS_BY_RULE
    if one.held or one.field_held:
        return Cause.HELD
    if one.suspended:
        return Cause.SUSPENDED
    if one.retrying:
        return Cause.RETRYING
    if one.under_way or _is_recent(one, settled):
        return Cause.IN_FLIGHT
    if one.lost is not None:
        return Cause.MISSING_IN_PARDOT if one.lost == "pardot" else Cause.MISSING_IN_ODOO
    return Cause.DIFFERS if one.linked else Cause.NOT_YET_SYNCED


def _is_recent(one: Standing, settled: Settled) -> bool:
    return (one.pardot_at is not None and one.pardot_at > settled.pardot) or (
        one.odoo_at is not None and one.odoo_at > settled.odoo
    )
