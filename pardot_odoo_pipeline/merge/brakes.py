"""Whether a plan would change more than usual, and whom to hold if so.

What lives here: the counting of people over a rolling day, and the verdict. What does not: storing
holds, and letting them go.

People are counted, not values, against a share of everybody who is linked, but never fewer than an
absolute number. A rule that is broken holds everybody of the plan whom it counts: half of a mass
change is worse than none. A hold stops a person's fields, never an opt-out or an erasure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from pardot_odoo_pipeline.mapping.safety_rules import DayLimits, Limit, SafetyRules

__all__ = ["FIRST_SYNC", "Brake", "Changes", "Kind", "Verdict", "brake_rule", "judge"]

FIRST_SYNC: Final = "first_sync:overwrites"


class Kind(StrEnum):
    """What can happen to a person on one side."""

    OVERWRITES = "overwrites"
    BLANKS = "blanks"
    ARCHIVES = "archives"
    DELETES = "deletes"
    CREATES = "creates"


@dataclass(frozen=True)
class Changes:
    """What a plan does to one person.

    Attributes:
        person: The prospect's id, or whatever names the person.
        odoo: What happens to the person's records in Odoo. ``overwrites`` is a set value replaced
            by another one in a field that people edit: a new score is no overwrite.
        pardot: What happens to the prospect.
        passes: An opt-out or an erasure and nothing else: no brake counts or stops it.
    """

    person: str
    odoo: Collection[Kind] = ()
    pardot: Collection[Kind] = ()
    passes: bool = False


@dataclass(frozen=True)
class Brake:
    """A rule that a plan breaks.

    Attributes:
        rule: ``side:kind``.
        allowed: People in a day.
        asked: People of the day so far, with those of the plan.
    """

    rule: str
    allowed: int
    asked: int


@dataclass(frozen=True)
class Verdict:
    """What is braked, and who is held by which rule.

    Attributes:
        brakes: Broken rules.
        held: Rule to the people it holds; a person may be held by several.
        counted: Rule to the people of the plan, to be added to the day once they are written.
    """

    brakes: tuple[Brake, ...] = ()
    held: Mapping[str, frozenset[str]] = field(default_factory=dict)
    counted: Mapping[str, int] = field(default_factory=dict)

    @property
    def people(self) -> frozenset[str]:
        """Everybody who is held."""
        return frozenset().union(*self.held.values())


def brake_rule(side: str, kind: Kind) -> str:
    """The name of a rule, as holds and waivers store it."""
    return f"{side}:{kind.value}"


def judge(
    plan: Iterable[Changes],
    spent: Mapping[str, int],
    population: int,
    rules: SafetyRules,
    *,
    waived: Collection[str] = (),
    first_sync: bool = False,
) -> Verdict:
    """Compare a plan with what the rules allow in a day.

    Args:
        plan: What it does to whom.
        spent: Rule to the people changed in the last 24 hours, without waived ones.
        population: People who are linked; at the first sync, people who take part in it.
        rules: The limits.
        waived: Rules that a person let this plan break.
        first_sync: Whether the plan is the first sync's, over all its batches: then only
            overwrites are limited, by a threshold of their own.
    """
    asking = _asking(plan, first_sync=first_sync)
    brakes: list[Brake] = []
    for rule, limit in _limits(rules, first_sync=first_sync).items():
        people = asking.get(rule)
        if not people or limit is None or rule in waived:
            continue
        asked = spent.get(rule, 0) + len(people)
        allowed = max(limit.least, int(limit.share * population))
        if asked > allowed:
            brakes.append(Brake(rule, allowed, asked))
    held = {brake.rule: frozenset(asking[brake.rule]) for brake in brakes}
    return Verdict(tuple(brakes), held, {rule: len(people) for rule, people in asking.items()})


def _asking(plan: Iterable[Changes], *, first_sync: bool) -> dict[str, set[str]]:
    asking: defaultdict[str, set[str]] = defaultdict(set)
    for changes in plan:
        if changes.passes:
            continue
        for side, kinds in (("odoo", changes.odoo), ("pardot", changes.pardot)):
            for kind in kinds:
                if not first_sync:
                    asking[brake_rule(side, kind)].add(changes.person)
                elif kind is Kind.OVERWRITES:
                    asking[FIRST_SYNC].add(changes.person)
    return dict(asking)


def _limits(rules: SafetyRules, *, first_sync: bool) -> dict[str, Limit | None]:
    if first_sync:
        return {FIRST_SYNC: rules.first_sync_overwrites}
    sides: dict[str, DayLimits] = {"odoo": rules.odoo, "pardot": rules.pardot}
    return {
        brake_rule(side, kind): getattr(limits, kind.value)
        for side, limits in sides.items()
        for kind in Kind
    }
