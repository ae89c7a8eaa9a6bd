"""Where a value goes once it is known who speaks, what is remembered of it, and what it costs.

What lives here: the writes to cells and to Pardot, the next pairs, the losers. What does not: who
speaks (`merge.facts`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from pardot_odoo_pipeline.mapping.rules import Direction
from pardot_odoo_pipeline.merge.facts import FieldFacts
from pardot_odoo_pipeline.merge.values import (
    ODOO,
    PARDOT,
    UNREAD,
    AgreedPair,
    Cell,
    FieldDecision,
    Loser,
)

__all__ = ["edits_stay", "odoo_speaks", "pardot_speaks"]


def pardot_speaks(
    facts: FieldFacts, rule: str, *, lost: str, spared: Collection[str] = ()
) -> FieldDecision:
    """Carry Pardot's value to new cells, to edited ones, and to those that it is news to.

    Args:
        facts: The field.
        rule: Why.
        lost: The rule by which cells with a value of their own lose it.
        spared: Cells whose value stays, as an edit that is still to be settled.
    """
    draft = _Draft(facts)
    for cell in facts.cells:
        key, own = cell.key, cell.key in facts.own
        if key in spared:
            # Odoo's half is what Pardot shows, so that the edit goes on looking like one.
            draft.remember(cell, cell.ours, cell.ours)
        elif facts.stays_empty(cell):
            draft.kept_apart = True
            draft.remember(cell, cell.ours, cell.theirs)
        elif cell.pair is None or own or key in facts.news:
            blank = facts.forms.is_blank(key, cell.ours)
            writes = draft.write(cell, facts.forms.blank(key) if blank else cell.ours)
            if writes and (own or facts.outlived_pardots(cell)):
                emptied = facts.unset(cell) and rule != "one_way"
                draft.lose(cell, PARDOT, facts.blank_rule if emptied else lost if own else rule)
            draft.remember(cell, cell.ours, None if writes else cell.theirs)
    return draft.decision(rule)


def edits_stay(facts: FieldFacts, speaker: Cell, rule: str) -> FieldDecision:
    """Leave what people set in Odoo where they set it, without telling Pardot."""
    spared = {
        cell.key
        for cell in facts.cells
        if cell.key in facts.own
        and facts.says_something(cell)
        and not facts.shows(cell.key, cell.theirs, cell.ours)
    }
    decision = pardot_speaks(facts, rule, lost=rule, spared=spared)
    if not facts.pardot_is_news:
        return replace(decision, rule="one_way")
    told = facts.with_pardots_word(speaker)
    loser = Loser(told.key, told.pair, told.ours, told.theirs, ODOO, rule)
    return replace(decision, losers=(*decision.losers, loser), rule=rule)


def odoo_speaks(
    facts: FieldFacts, key: str, value: Any, rule: str, *, forced: bool = False
) -> FieldDecision:
    """Carry one cell's value to every other cell and to Pardot.

    Args:
        facts: The field.
        key: The cell that speaks, or in whose form the value is.
        value: What it says.
        rule: Why.
        forced: Whether a person wants it so; then no blank policy is asked.
    """
    draft = _Draft(facts)
    source = next((cell for cell in facts.cells if cell.key == key), None)
    source = source or Cell(key, facts.ours_in(key), value)
    tells = draft.tell(source, value, forced)
    told = facts.in_form(key, value, key) if tells else UNREAD
    for cell in facts.cells:
        wanted = value if cell.key == key else facts.in_form(key, value, cell.key)
        if wanted is UNREAD:
            continue  # it goes on showing what it shows, and remembers what it remembers
        writes = draft.write(cell, wanted, forced)
        own = cell.key in facts.own
        if writes and forced and not facts.unset(cell):
            draft.lose(cell, PARDOT, rule)
        elif writes and (own or facts.outlived_pardots(cell)):
            draft.lose(cell, ODOO, "home")
        half = cell.ours
        if tells:
            shown = facts.in_form(key, told, cell.key)
            half = wanted if shown is UNREAD else shown
        if tells or writes or own or cell.pair is None or cell.key in facts.news:
            draft.remember(cell, half, None if writes else cell.theirs)
    if tells and (facts.pardot_has_its_own(source) or (forced and not facts.pardot_is_blank)):
        draft.lose(facts.with_pardots_word(source), ODOO, rule)
    return draft.decision(rule)


@dataclass
class _Draft:
    """A decision in the making."""

    facts: FieldFacts
    odoo: dict[str, Any] = field(default_factory=dict)
    pardot: tuple[str, Any] | None = None
    pairs: dict[str, AgreedPair] = field(default_factory=dict)
    losers: list[Loser] = field(default_factory=list)
    kept_apart: bool = False

    def write(self, cell: Cell, wanted: Any, forced: bool = False) -> bool:
        """Write a value to a cell, unless it shows it, or a policy is against it."""
        facts = self.facts
        if facts.shows(cell.key, cell.theirs, wanted):
            return False
        if facts.policy.direction is Direction.TO_PARDOT:
            return False
        blank = facts.forms.is_blank(cell.key, wanted)
        if not forced and not facts.travels(blank=blank, into_empty=facts.unset(cell)):
            self.kept_apart = True
            return False
        self.odoo[cell.key] = wanted
        return True

    def tell(self, source: Cell, value: Any, forced: bool) -> bool:
        """Tell Pardot a value, unless it shows it, cannot be told, or a policy is against it."""
        facts = self.facts
        if not facts.may_tell(source.key, value):
            return False
        if source.ours is not UNREAD and facts.shows(source.key, value, source.ours):
            return False
        blank = facts.forms.is_unset(source.key, value)
        if not forced and not facts.travels(blank=blank, into_empty=facts.pardot_is_blank):
            self.kept_apart = True
            return False
        self.pardot = (source.key, value)
        return True

    def remember(self, cell: Cell, pardot: Any, odoo: Any) -> None:
        """Note what both sides will show; what is remembered already is no news."""
        pair = AgreedPair(pardot, odoo)
        if pair != cell.pair:
            self.pairs[cell.key] = pair

    def lose(self, cell: Cell, winner: str, rule: str) -> None:
        """Keep a value for the conflict history."""
        self.losers.append(Loser(cell.key, cell.pair, cell.ours, cell.theirs, winner, rule))

    def decision(self, rule: str) -> FieldDecision:
        """The whole: what waits for Pardot's write is remembered only after it."""
        if not self.odoo and self.pardot is None:
            rule = self.facts.blank_rule if self.kept_apart else "same"
        told = self.pardot is not None
        return FieldDecision(
            odoo=self.odoo,
            pardot=self.pardot,
            pairs={} if told else self.pairs,
            pairs_after_pardot=self.pairs if told else {},
            losers=tuple(self.losers),
            rule=rule,
        )
