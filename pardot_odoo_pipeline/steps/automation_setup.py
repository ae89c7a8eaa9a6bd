"""The automation rules, with the ids that they mean in these two systems.

What lives here: teams, users and lists of the rules, and the errors where one is not there. What
does not: applying them (``automation.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from pardot_odoo_pipeline.mapping.automation_rules import (
    AssignmentRule,
    QualifyAction,
    Threshold,
)
from pardot_odoo_pipeline.mapping.fields import is_custom_field
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.steps.lifecycle_lookups import LifecycleLookups, wrong_rule

__all__ = ["QUALIFIED", "REVIEW", "AutomationSetup"]

REVIEW = "x_pardot_review"
QUALIFIED = "x_pardot_qualified"


class AutomationSetup:
    """Ids for names. Everything is looked up when it is first needed, and once.

    Args:
        rules: The rules file.
        lookups: Names and ids of both systems.
        lead_fields: The fields that leads have in this Odoo.
    """

    def __init__(
        self, rules: Rules, lookups: LifecycleLookups, lead_fields: Mapping[str, str]
    ) -> None:
        self.rules = rules.automation
        self.required = rules.required_fields
        self._mapped = rules.fields
        self._lookups = lookups
        self._lead_fields = lead_fields

    @cached_property
    def fits(self) -> bool:
        """True; asking for it looks everything up, once.

        Raises:
            ConfigurationError: The rules name a list, team, user or field that is not there.
        """
        for where, rule in self._places.items():
            for name in rule.when:
                self._need_mapped(f"{where}.when", name)
        if self.required:
            self._need_in_odoo(REVIEW)
        if self.rules.qualify.action is QualifyAction.MARK:
            self._need_in_odoo(QUALIFIED)
        _ = self.takers, self.teams, self.review_team, self.create_lists, self.qualify_lists
        return True

    @property
    def _places(self) -> dict[str, AssignmentRule]:
        return {
            f"automation.assignment[{number}]": rule
            for number, rule in enumerate(self.rules.assignment)
        }

    def _need_mapped(self, place: str, name: str) -> None:
        if is_custom_field(name) and name not in self._mapped:
            raise wrong_rule(place, f"'{name}' is not mapped", "Add it to the field map")

    def _need_in_odoo(self, name: str) -> None:
        if name not in self._lead_fields:
            raise wrong_rule(
                "automation",
                f"Odoo's leads lack the field {name}",
                "Run `pardot-odoo provision` once as an administrator of Odoo",
            )

    @cached_property
    def takers(self) -> dict[str, tuple[int, ...]]:
        """Who may get a rule's leads, by the rule's name; archived users are passed over."""
        found: dict[str, tuple[int, ...]] = {}
        for where, rule in self._places.items():
            names = rule.round_robin or ((rule.user,) if rule.user else ())
            users = [self._lookups.user(where, name) for name in names]
            found[rule.name] = tuple(user.user_id for user in users if user.is_active)
        return found

    @cached_property
    def assignment(self) -> tuple[AssignmentRule, ...]:
        """The rules that still have somebody: a salesperson who left is no reason to stop."""
        return tuple(rule for rule in self.rules.assignment if rule.team or self.takers[rule.name])

    @cached_property
    def teams(self) -> dict[str, int]:
        """The team of each rule that names one, by the rule's name."""
        return {
            rule.name: self._lookups.team(f"{where}.team", rule.team)
            for where, rule in self._places.items()
            if rule.team
        }

    @cached_property
    def review_team(self) -> int | None:
        """The team that drafts belong to."""
        name = self.rules.review_team
        return self._lookups.team("automation.review_team", name) if name else None

    @cached_property
    def create_lists(self) -> frozenset[int]:
        """The lists of which one makes a lead."""
        return self._ids("create_lead", self.rules.create_lead)

    @cached_property
    def qualify_lists(self) -> frozenset[int]:
        """The lists of which one qualifies."""
        return self._ids("qualify.when", self.rules.qualify.when)

    def _ids(self, place: str, threshold: Threshold) -> frozenset[int]:
        return frozenset(
            self._lookups.list_id(f"automation.{place}.lists[{number}]", wanted, static=False)
            for number, wanted in enumerate(threshold.lists)
        )
