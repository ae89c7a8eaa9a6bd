"""What happens to one Pardot field of one person: the three-way merge.

What lives here: the decision over the Odoo cells that show the field. What does not: converting
values (`mapping`), which records the cells belong to (`merge.people`), writing.

A side changed only if it differs from its own half of the agreed pair, so that no lossy conversion
ever looks like an edit.

| Pardot    | Odoo                            | decision                                           |
|-----------|---------------------------------|----------------------------------------------------|
| unchanged | unchanged                       | nothing                                            |
| changed   | unchanged                       | write to Odoo; put back in Pardot if `to_pardot`   |
| unchanged | changed                         | write to Pardot and the other cells; if `to_odoo`: |
|           |                                 | put back where Pardot is the authority, else stays |
| changed   | changed, equal via the mapping  | agreed                                             |
| changed   | changed, different              | conflict: the authority decides, the loser is kept |
| no pair yet, one side blank                 | filled                                             |
| no pair yet, different                      | conflict; `latest` means Odoo                      |

Of several cells that changed, the first one speaks (the contact's before the lead's) and the
others lose. A blank travels only under `clear`; under `fill_only` a value travels only into an
empty place. What a policy keeps apart is remembered as it stands: agreed to differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pardot_odoo_pipeline.merge.facts import FieldFacts
from pardot_odoo_pipeline.merge.spreading import edits_stay, odoo_speaks, pardot_speaks
from pardot_odoo_pipeline.merge.values import (
    PARDOT,
    UNREAD,
    AgreedPair,
    Cell,
    ChangeTime,
    Convert,
    FieldDecision,
    FieldPolicy,
    Forms,
    Loser,
)

__all__ = [
    "UNREAD",
    "AgreedPair",
    "Cell",
    "ChangeTime",
    "Convert",
    "FieldDecision",
    "FieldPolicy",
    "Forms",
    "Loser",
    "decide_field",
]


def decide_field(
    cells: Sequence[Cell],
    policy: FieldPolicy,
    forms: Forms,
    convert: Convert,
    pardot_changed: ChangeTime,
    *,
    held: bool = False,
    forced: tuple[str, Any] | None = None,
) -> FieldDecision:
    """Decide what becomes of one Pardot field.

    Args:
        cells: The Odoo cells that show it, home first. Unread ones take no part.
        policy: What the rules say of it.
        forms: Equality and emptiness per cell.
        convert: Brings a value from one cell's form into another's.
        pardot_changed: When Pardot's value changed, if it did.
        held: The field is on hold: nothing is written and nothing forgotten.
        forced: A cell key and the value, in its form, that a person wants everywhere.
    """
    read = [cell for cell in cells if cell.ours is not UNREAD and cell.theirs is not UNREAD]
    if held or not read:
        return FieldDecision(rule="held" if held else "unread")
    facts = FieldFacts(read, policy, forms, convert, everybody=cells)
    if forced is not None:
        return odoo_speaks(facts, *forced, "restored", forced=True)
    speaker = facts.speaker
    if speaker is None:
        return pardot_speaks(facts, facts.quiet_rule, lost="first_contact:home")
    winner, rule = facts.winner(speaker, pardot_changed)
    if winner == PARDOT:
        return pardot_speaks(facts, rule, lost=rule)
    if facts.may_tell(speaker.key, speaker.theirs):
        return odoo_speaks(facts, speaker.key, speaker.theirs, rule)
    if facts.pardot_owns:
        return pardot_speaks(facts, "one_way", lost="one_way")
    return edits_stay(facts, speaker, rule)
