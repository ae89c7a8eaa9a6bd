"""What is known of one field before anything is decided: who changed, who speaks, who wins.

What lives here: comparisons, and the authority. What does not: what is written then
(`merge.spreading`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from pardot_odoo_pipeline.mapping.rules import Authority, BlankPolicy, Direction
from pardot_odoo_pipeline.merge.values import (
    ODOO,
    PARDOT,
    UNREAD,
    Cell,
    ChangeTime,
    Convert,
    FieldPolicy,
    Forms,
)

__all__ = ["FieldFacts"]


class FieldFacts:
    """The facts of one field.

    Attributes:
        first_contact: No cell ever took part.
        pardot_is_blank: Pardot has no value.
        news: Cells to which Pardot's value is another one than when they agreed.
        own: Cells that show something which was never agreed upon.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        policy: FieldPolicy,
        forms: Forms,
        convert: Convert,
        *,
        everybody: Sequence[Cell],
    ) -> None:
        self.cells = cells
        self.policy = policy
        self.forms = forms
        self.convert = convert
        self.first_contact = all(cell.pair is None for cell in cells)
        self.pardot_is_blank = all(forms.is_blank(cell.key, cell.ours) for cell in cells)
        self.news = {
            cell.key
            for cell in cells
            if cell.pair is not None and not forms.same(cell.key, cell.ours, cell.pair.pardot)
        }
        self.own = {cell.key for cell in cells if self._holds_its_own(cell)}
        self._everybody = everybody

    def _holds_its_own(self, cell: Cell) -> bool:
        if cell.pair is not None:
            return not self.forms.same(cell.key, cell.theirs, cell.pair.odoo)
        return not self.unset(cell) and not self.shows(cell.key, cell.theirs, cell.ours)

    @property
    def pardot_is_news(self) -> bool:
        """Whether Pardot changed; on first contact, whether it has anything to say."""
        return bool(self.news) or (self.first_contact and not self.pardot_is_blank)

    @property
    def pardot_owns(self) -> bool:
        """Whether an edit in Odoo is not only kept from Pardot, but undone."""
        policy = self.policy
        one_way = policy.direction is Direction.TO_ODOO or (
            policy.direction is Direction.BOTH and not policy.invertible
        )
        return one_way and policy.authority is Authority.PARDOT

    @property
    def quiet_rule(self) -> str:
        """Why Pardot's value goes to cells that nobody edited."""
        if self.news:
            return "changed_in_pardot"
        if self.own and self.pardot_owns:
            return "one_way"
        return "filled" if any(cell.pair is None for cell in self.cells) else "same"

    @cached_property
    def speaker(self) -> Cell | None:
        """The cell that speaks for Odoo, None if Odoo has nothing to say.

        A blank says nothing where blanks do not travel. After a crash cells may show Pardot's news
        already; those do not speak against it. What Pardot can be told is heard first.
        """
        heard = [
            cell
            for cell in self.cells
            if cell.key in self.own and (cell.pair is not None or self._speaks_unpaired(cell))
        ]
        to_pardot = self.policy.direction is Direction.TO_PARDOT
        if self.pardot_is_news and not to_pardot:
            heard = [cell for cell in heard if not self.shows(cell.key, cell.theirs, cell.ours)]
        heard = [cell for cell in heard if self.says_something(cell)]
        if heard:
            return min(heard, key=lambda cell: not self.may_tell(cell.key, cell.theirs))
        return self._put_back() if to_pardot else None

    def _put_back(self) -> Cell | None:
        """The cell that spoke before, where Pardot must show Odoo's value and shows another one.

        That may be one that has no word for what Pardot shows now: were it passed over, the next
        cell's value would be told first and its own one batch later.
        """
        speaking = [cell for cell in self._everybody if cell in self.cells or self._spoke(cell)]
        first = min(speaking, key=self.unset)
        is_news = first.key in self.news or (self.news and first not in self.cells)
        return first if is_news else None

    def _spoke(self, cell: Cell) -> bool:
        """Whether it has nothing against it but that it has no word for what Pardot shows."""
        return (
            cell.pair is not None
            and cell.ours is UNREAD
            and cell.theirs is not UNREAD
            and self.may_tell(cell.key, cell.theirs)
        )

    def _speaks_unpaired(self, cell: Cell) -> bool:
        """Home does; another one does where nothing that Pardot can be told would in its place."""
        if cell is self.cells[0]:
            return True
        before = self.cells[: self.cells.index(cell)]
        return (self.first_contact or self.pardot_is_blank) and not any(
            self.may_tell(other.key, other.theirs) and not self.unset(other) for other in before
        )

    def unset(self, cell: Cell) -> bool:
        """Whether Odoo's cell is empty."""
        return self.forms.is_unset(cell.key, cell.theirs)

    def shows(self, key: str, shown: Any, wanted: Any) -> bool:
        """Whether a cell's value stands for another one, tested through the mapping both ways."""
        if self.forms.same(key, wanted, shown):
            return True
        if self.forms.is_unset(key, shown):
            return self.forms.is_blank(key, wanted)
        told = self.in_form(key, shown, key)
        return told is not UNREAD and self.forms.same(key, wanted, told)

    def in_form(self, key: str, value: Any, other: str) -> Any:
        """An Odoo value in another cell's form; what would come out blank cannot be said there."""
        if self.forms.is_unset(key, value):
            return value if key == other else self.forms.blank(other)
        converted = self.convert(key, value, other)
        if converted is UNREAD or self.forms.is_blank(other, converted):
            return UNREAD
        return converted

    def ours_in(self, key: str) -> Any:
        """Pardot's value in the form of a cell that takes no part."""
        other = self.cells[0]
        return self.in_form(other.key, other.ours, key)

    @property
    def blank_rule(self) -> str:
        """The name of the blank policy, as a rule."""
        return f"blank:{self.policy.blank.value}"

    def says_something(self, cell: Cell) -> bool:
        """Whether a cell's value could travel; a blank may not."""
        return self.policy.blank is BlankPolicy.CLEAR or not self.unset(cell)

    def stays_empty(self, cell: Cell) -> bool:
        """Whether people emptied a cell, which nobody else need follow and nothing new fills."""
        emptied = cell.key in self.own and not self.says_something(cell)
        return emptied and cell.key not in self.news and not self.pardot_owns

    def outlived_pardots(self, cell: Cell) -> bool:
        """Whether a cell's value exists nowhere else: Pardot's is blank, or was then."""
        pair = cell.pair
        if pair is None or self.unset(cell):
            return False
        if self.forms.is_blank(cell.key, pair.pardot):
            return not self.forms.same(cell.key, pair.pardot, pair.odoo)
        return self.pardot_is_blank and self.policy.blank is not BlankPolicy.CLEAR

    def pardot_has_its_own(self, source: Cell) -> bool:
        """Whether Pardot's value is news, or outlived the cell's: it exists nowhere else."""
        pair = source.pair
        return self.pardot_is_news or (
            pair is not None
            and not self.pardot_is_blank
            and self.forms.is_unset(source.key, pair.odoo)
            and not self.forms.same(source.key, pair.pardot, pair.odoo)
        )

    def with_pardots_word(self, source: Cell) -> Cell:
        """The cell that shows what Pardot loses: where the source has no word for it, another has.

        A text that is the name of no record is no value to a relation.
        """
        for cell in (source, *self.cells):
            if cell.ours is not UNREAD and not self.forms.is_blank(cell.key, cell.ours):
                return cell
        return source if source.ours is not UNREAD else self.cells[0]

    def may_tell(self, key: str, value: Any) -> bool:
        """Whether Pardot can be told this value at all."""
        policy = self.policy
        if policy.direction is Direction.TO_ODOO or not policy.invertible:
            return False
        return self.in_form(key, value, key) is not UNREAD

    def travels(self, *, blank: bool, into_empty: bool) -> bool:
        """Whether the blank policy lets a value through."""
        match self.policy.blank:
            case BlankPolicy.KEEP:
                return not blank
            case BlankPolicy.FILL_ONLY:
                return into_empty
            case BlankPolicy.CLEAR:
                return not (blank and self.first_contact)

    def winner(self, speaker: Cell, pardot_changed: ChangeTime) -> tuple[str, str]:
        """Who wins by which rule, when Odoo has something to say."""
        policy = self.policy
        if not self.pardot_is_news:
            return ODOO, "filled" if self.first_contact else "changed_in_odoo"
        if policy.direction is Direction.TO_PARDOT:
            return ODOO, "one_way"
        if policy.blank is not BlankPolicy.CLEAR and self.pardot_is_blank:
            return ODOO, self.blank_rule
        if policy.authority is not Authority.LATEST:
            rule = f"authority:{policy.authority.value}"
            return policy.authority.value, f"first_contact:{rule}" if self.first_contact else rule
        if self.first_contact:
            return ODOO, "first_contact:latest"
        edits = [cell.changed for cell in self.cells if cell.key in self.own]
        if all(pardot_changed.surely_later_than(edit) for edit in edits):
            return PARDOT, "latest:pardot_later"
        surely = speaker.changed.surely_later_than(pardot_changed)
        return ODOO, "latest:odoo_later" if surely else "latest:tie"
