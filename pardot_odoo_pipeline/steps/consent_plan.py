"""What consent asks of both systems for one person.

What lives here: the plan, and the entries that the history of conflicts gets. What does not: how it
comes about (`steps.consent`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline.merge.consent import ChannelDecision, Overruled, Side
from pardot_odoo_pipeline.merge.values import AgreedPair, Loser
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER
from pardot_odoo_pipeline.steps.consent_memory import BLOCK_CELL, CALL

__all__ = ["BLOCK_CELL", "NO_CALLS", "ConsentPlan", "SiblingPlan", "losers_in"]

NO_CALLS = "x_pardot_do_not_call"
_PUT_BACK = {Side.PARDOT: "consent:set_in_pardot", Side.ODOO: "consent:set_in_odoo"}


@dataclass(frozen=True)
class SiblingPlan:
    """What becomes of another prospect that follows the leader.

    Attributes:
        pardot: API field to value.
        memory, settled: As in `ConsentPlan`.
        losers: What was taken back there and is put back.
        block, cause: As in `ConsentPlan`, of an address that is not the leader's.
    """

    pardot: dict[str, Any]
    memory: dict[str, Any]
    settled: dict[str, Any]
    losers: tuple[Loser, ...] = ()
    block: bool | None = None
    cause: str = ""


@dataclass(frozen=True)
class ConsentPlan:
    """What becomes of one person.

    Attributes:
        pardot: API field to value, for the leader.
        lead: Field to value, for the lead; of a lead that is yet to be made, what it begins with.
        partner: The same for the contact.
        block: True: the address goes on Odoo's blacklist; False: our block is lifted; None:
            nothing.
        cause: Why it is blocked, as Odoo's entry says it.
        memory: To be stored with the link before anything is sent.
        settled: To be stored instead once Pardot was written and `apply_blocks` named the address.
        losers: What was taken back on the wrong side and is put back.
        siblings: The other prospects that follow this one, by id.
        findings: What could not be carried over: (field, code, raw value).
    """

    pardot: dict[str, Any]
    lead: dict[str, Any]
    partner: dict[str, Any]
    block: bool | None
    cause: str
    memory: dict[str, Any]
    settled: dict[str, Any]
    losers: tuple[Loser, ...] = ()
    siblings: Mapping[str, SiblingPlan] = field(default_factory=dict)
    findings: tuple[tuple[str, FindingCode, str | None], ...] = ()


def losers_in(parts: Mapping[str, ChannelDecision | None], *places: str) -> list[Loser]:
    """What was taken back in these places, as the history of conflicts keeps it."""
    found: list[Loser] = []
    for name, part in parts.items():
        for overruled in part.overruled if part else ():
            if overruled.where in places:
                found.append(_loser(name, overruled))
    return found


def _loser(channel: str, overruled: Overruled) -> Loser:
    in_odoo = overruled.where in (BLOCK_CELL, LEAD, PARTNER)
    cell = f"{overruled.where if in_odoo else LEAD}/{NO_CALLS}" if channel == CALL else BLOCK_CELL
    return Loser(
        cell,
        AgreedPair(True, True),
        in_odoo,
        not in_odoo,
        overruled.by.value,
        _PUT_BACK[overruled.by],
    )
