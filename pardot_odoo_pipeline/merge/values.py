"""The words of the merge: cells, pairs, policies, and what is decided about them.

What lives here: the types. What does not: a decision (`merge.cells`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final, Protocol

from pardot_odoo_pipeline.mapping.rules import Authority, BlankPolicy, Direction

__all__ = [
    "ODOO",
    "PARDOT",
    "UNREAD",
    "AgreedPair",
    "Cell",
    "ChangeTime",
    "Convert",
    "FieldDecision",
    "FieldPolicy",
    "Forms",
    "Loser",
    "Unread",
]

PARDOT: Final = "pardot"
ODOO: Final = "odoo"


class Unread(Enum):
    """The type of ``UNREAD``: one member, which survives copying and pickling."""

    UNREAD = "unread"

    def __repr__(self) -> str:
        return "UNREAD"


_WHOLE_SECOND = timedelta(seconds=1)
"""Both systems cut the times of records to seconds: the change came up to one later."""

UNREAD: Final = Unread.UNREAD
"""The side did not tell this value: it is no blank, and tells the merge nothing."""


@dataclass(frozen=True)
class AgreedPair:
    """What each side showed, in the cell's Odoo form, when they last agreed."""

    pardot: Any
    odoo: Any


@dataclass(frozen=True)
class ChangeTime:
    """When a side changed: after the one, not after the other; None where that is not known."""

    after: datetime | None = None
    until: datetime | None = None

    def surely_later_than(self, other: ChangeTime) -> bool:
        """Whether the intervals do not even touch."""
        if self.after is None or other.until is None:
            return False
        return self.after >= other.until + _WHOLE_SECOND


@dataclass(frozen=True)
class Cell:
    """One Odoo field that shows the Pardot field.

    Attributes:
        key: ``model/field``.
        ours: Pardot's value in this cell's form.
        theirs: What Odoo shows.
        pair: What both showed when they last agreed, None if this cell never took part.
        changed: When ``theirs`` changed, if it did.
    """

    key: str
    ours: Any
    theirs: Any
    pair: AgreedPair | None = None
    changed: ChangeTime = ChangeTime()


@dataclass(frozen=True)
class FieldPolicy:
    """What the rules say of a Pardot field; ``invertible``: whether Odoo's value can be told it."""

    direction: Direction = Direction.BOTH
    authority: Authority = Authority.LATEST
    blank: BlankPolicy = BlankPolicy.KEEP
    invertible: bool = True


class Forms(Protocol):
    """What is known of values in a cell's form."""

    def same(self, key: str, a: Any, b: Any) -> bool:
        """Whether both stand for one value."""
        ...

    def is_blank(self, key: str, value: Any) -> bool:
        """Whether a value of Pardot's is empty."""
        ...

    def is_unset(self, key: str, value: Any) -> bool:
        """Whether Odoo shows what it shows for a field never set: 0, for a number."""
        ...

    def blank(self, key: str) -> Any:
        """What an empty cell is written as."""
        ...


Convert = Callable[[str, Any, str], Any]
"""(cell key, value, other cell key) to the value in the other's form, ``UNREAD`` if impossible.

From a cell to itself it tells what the cell would show once Pardot holds the value.
"""


@dataclass(frozen=True)
class Loser:
    """A value that a rule overwrote, or kept from being carried over.

    Attributes:
        key: The cell.
        agreed: What both sides had agreed upon.
        pardot: Pardot's value, in the cell's form.
        odoo: The cell's value.
        winner: ``pardot`` or ``odoo``.
        rule: Which rule decided.
    """

    key: str
    agreed: AgreedPair | None
    pardot: Any
    odoo: Any
    winner: str
    rule: str

    @property
    def lost(self) -> Any:
        """The losing value: beside the winner's side that of a cell which another one outvoted."""
        return self.odoo if self.winner == PARDOT or self.rule == "home" else self.pardot


@dataclass(frozen=True)
class FieldDecision:
    """What is to be done about one Pardot field.

    Attributes:
        odoo: Cell key to the value to write there.
        pardot: Cell key and value, in that cell's form, that Pardot shall get; None for nothing.
        pairs: What to remember once Odoo was written; Odoo's half is None where the write's answer
            tells it. A cell that is in neither mapping keeps what is remembered of it.
        pairs_after_pardot: What to remember once Pardot was written too. Pardot's half is what its
            answer should show; the answer itself is better where there is one.
        losers: Values to keep in the conflict history.
        rule: Why, in one word.
    """

    odoo: Mapping[str, Any] = field(default_factory=dict)
    pardot: tuple[str, Any] | None = None
    pairs: Mapping[str, AgreedPair] = field(default_factory=dict)
    pairs_after_pardot: Mapping[str, AgreedPair] = field(default_factory=dict)
    losers: tuple[Loser, ...] = ()
    rule: str = "same"
