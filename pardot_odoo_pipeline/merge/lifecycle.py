"""What becomes of a deal in Pardot: which fields are written, which list is joined and left.

What lives here: the decisions over values in memory. What does not: reading ids, names and lists
(``steps/lifecycle.py``), and the forms of values (``mapping/deal_forms.py``).

These fields flow one way. Odoo's value is written when it differs from what Odoo last said, or when
somebody changed the field in Pardot; the value that this overwrites is kept. Lists work by
memory alone: what was joined for a stage is not joined again while the deal stays in it, even where
somebody took the prospect off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pardot_odoo_pipeline.mapping.deal_forms import BLANK, DealLookups, DealStatus
from pardot_odoo_pipeline.mapping.stage_rules import DealDatum
from pardot_odoo_pipeline.merge.cells import AgreedPair, Loser

__all__ = [
    "ASSIGNED",
    "PREFIX",
    "STAGE_LIST",
    "FactsDecision",
    "ListDecision",
    "StageLists",
    "deal_status",
    "decide_facts",
    "decide_list",
    "entered_after",
    "key_of",
]

PREFIX = "deal/"
"""Of the keys under which something is remembered of a person's deal."""

STAGE_LIST = f"{PREFIX}stage_list"
ASSIGNED = f"{PREFIX}assigned"
"""Whom a rule gave the lead to: there is no second time."""
_PUT_AWAY_BY_US = ("recycle_bin", "deleted")


def key_of(datum: DealDatum) -> str:
    """Under which key a fact is remembered."""
    return f"{PREFIX}{datum.value}"


def deal_status(record: Mapping[str, Any], lookups: DealLookups) -> DealStatus:
    """What became of a deal, on 18 and on 19.

    19 says it itself. On 18 a lost deal is an archived one with a reason or without any chance; one
    that was put away otherwise is neither lost nor open. A lead that was archived because its
    prospect was deleted may never have had a chance, and is not lost either.
    """
    stage = lookups.stages.get(record.get("stage_id") or 0)
    active, reason = bool(record.get("active")), record.get("lost_reason_id")
    told = record.get("won_status")
    if told == "won" or (told is None and stage is not None and stage.is_won and active):
        return DealStatus.WON
    if active:
        return DealStatus.OPEN
    if record.get("x_pardot_state") in _PUT_AWAY_BY_US and not reason:
        return DealStatus.ARCHIVED
    lost = told == "lost" or (told is None and (reason or not record.get("probability")))
    return DealStatus.LOST if lost else DealStatus.ARCHIVED


@dataclass(frozen=True)
class FactsDecision:
    """What to write into a prospect's fields, and what to remember.

    Attributes:
        values: Fact to value, in the form of comparison.
        pairs: What to remember at once.
        after: What to remember once the values are written.
        losers: What somebody had put into Pardot and is overwritten.
    """

    values: dict[DealDatum, Any] = field(default_factory=dict)
    pairs: dict[str, AgreedPair] = field(default_factory=dict)
    after: dict[str, AgreedPair] = field(default_factory=dict)
    losers: tuple[Loser, ...] = ()


def decide_facts(
    facts: Mapping[DealDatum, Any],
    shown: Mapping[DealDatum, Any],
    pairs: Mapping[str, AgreedPair],
) -> FactsDecision:
    """Decide every fact of one deal.

    Args:
        facts: What Odoo says; a fact that is missing is left as it is.
        shown: What Pardot shows; a fact that is missing was not read.
        pairs: What is remembered.
    """
    values: dict[DealDatum, Any] = {}
    now: dict[str, AgreedPair] = {}
    after: dict[str, AgreedPair] = {}
    losers: list[Loser] = []
    for datum, wanted in facts.items():
        key = key_of(datum)
        pair = pairs.get(key)
        read = datum in shown
        there = shown.get(datum, pair.pardot if pair else None)
        if read and there == wanted:
            now[key] = AgreedPair(there, wanted)
        elif _is_left_alone(wanted, there, pair):
            if read:
                now[key] = AgreedPair(there, wanted)
        else:
            values[datum] = wanted
            after[key] = AgreedPair(wanted, wanted)
            # A value that we put there ourselves is nobody's loss.
            if read and there is not BLANK and (pair is None or there != pair.pardot):
                rule = "authority:odoo" if pair else "first_contact:authority:odoo"
                losers.append(Loser(key, pair, there, wanted, "odoo", rule))
    return FactsDecision(values, now, after, tuple(losers))


def _is_left_alone(wanted: Any, there: Any, pair: AgreedPair | None) -> bool:
    if pair is None:
        # What Odoo never had it does not take from Pardot.
        return wanted is BLANK
    if pair.odoo != wanted:
        return False
    return bool(there == pair.pardot or (wanted is BLANK and pair.pardot is not BLANK))


@dataclass(frozen=True)
class StageLists:
    """The list that each stage and outcome means, by id."""

    of_stage: Mapping[str, int] = field(default_factory=dict)
    won: int | None = None
    lost: int | None = None

    @property
    def ids(self) -> frozenset[int]:
        """Every list that is named, which are the only ones ever touched."""
        return frozenset({*self.of_stage.values(), *(n for n in (self.won, self.lost) if n)})

    def meant(self, stage: str | None, status: DealStatus) -> int | None:
        """The list that a deal belongs on."""
        if status is DealStatus.LOST:
            return self.lost
        if status is DealStatus.WON and self.won is not None:
            return self.won
        return self.of_stage.get(stage or "")


@dataclass(frozen=True)
class ListDecision:
    """Which list to join and to leave, and what to remember; ``None`` where nothing is new."""

    join: int | None = None
    leave: int | None = None
    now: AgreedPair | None = None
    after: AgreedPair | None = None


def decide_list(
    wanted: int | None, remembered: AgreedPair | None, lists: StageLists, *, is_new: bool
) -> ListDecision:
    """Decide the list of one deal.

    Args:
        wanted: The list that its stage means.
        remembered: The list that it was put on; Odoo's half is the list that the stage meant.
        lists: All lists that are named.
        is_new: Whether a deal that is seen for the first time entered its stage just now.
    """
    stored = AgreedPair(wanted or BLANK, wanted or BLANK)
    if remembered is None:
        if wanted is None or not is_new:
            return ListDecision(now=stored)
        return ListDecision(join=wanted, after=stored)
    former = remembered.pardot or None
    if (remembered.odoo or None) == wanted:
        return ListDecision()
    leave = former if former in lists.ids and former != wanted else None
    if wanted is None and leave is None:
        return ListDecision(now=stored)
    return ListDecision(join=wanted if wanted != former else None, leave=leave, after=stored)


def entered_after(record: Mapping[str, Any], moment: datetime | None) -> bool:
    """Whether a deal came into its stage, or became a deal, after that moment."""
    if moment is None:
        return False
    second = moment.replace(microsecond=0)  # all that Odoo tells
    stamps = (record.get("date_conversion"), record.get("date_last_stage_update"))
    return any(
        stamp and datetime.fromisoformat(stamp).replace(tzinfo=UTC) >= second for stamp in stamps
    )
