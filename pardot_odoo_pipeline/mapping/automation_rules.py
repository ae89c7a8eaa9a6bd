"""The rules file's section on who becomes a lead, who qualifies, who gets it.

What lives here: the model of the section. What does not: acting on it (``merge/automation.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator, model_validator

from pardot_odoo_pipeline.mapping.fields import DERIVED_FIELDS, STANDARD_COLUMNS, is_custom_field
from pardot_odoo_pipeline.mapping.picklists import GRADES
from pardot_odoo_pipeline.mapping.section import Section
from pardot_odoo_pipeline.mapping.stage_rules import PardotList

__all__ = [
    "AssignmentRule",
    "AutomationRules",
    "BornInOdoo",
    "Condition",
    "ContactPolicy",
    "DeletedInOdoo",
    "ProspectDeleted",
    "Qualification",
    "QualifyAction",
    "Threshold",
]


class ContactPolicy(StrEnum):
    """When a contact is made beside the lead."""

    ALWAYS = "always"
    ON_QUALIFICATION = "on_qualification"


class QualifyAction(StrEnum):
    """What becomes of a lead that qualifies."""

    OFF = "off"
    MARK = "mark"
    CONVERT = "convert"


class ProspectDeleted(StrEnum):
    """What becomes of the lead of a prospect that was deleted in Pardot."""

    ARCHIVE = "archive"
    MARK = "mark"
    LEAVE = "leave"


class DeletedInOdoo(StrEnum):
    """What becomes of a prospect whose lead was deleted in Odoo."""

    LEAVE = "leave"
    RECREATE = "recreate"


def _off_is_a_word(value: Any) -> Any:
    # YAML reads an unquoted off as false.
    return QualifyAction.OFF if value is False else value


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str | int) else value


def _known_field(name: str) -> str:
    if name in STANDARD_COLUMNS or name in DERIVED_FIELDS or is_custom_field(name):
        return name
    known = ", ".join(sorted([*STANDARD_COLUMNS, *DERIVED_FIELDS]))
    raise ValueError(f"'{name}' is no Pardot field; allowed: {known}, and those that end in __c")


Grade = Annotated[str, Field(pattern="^(" + "|".join(g.replace("+", "\\+") for g in GRADES) + ")$")]
Grades = Annotated[tuple[Grade, ...], BeforeValidator(_as_tuple)]
Lists = Annotated[tuple[PardotList, ...], BeforeValidator(_as_tuple)]
FieldName = Annotated[str, BeforeValidator(_known_field)]
Plain = bool | int | float | str


class Threshold(Section):
    """Everything that is given must hold; nothing given holds for everybody."""

    min_score: int | None = Field(None, description="Score at least")
    grades: Grades = Field((), description="Grade one of these")
    lists: Lists = Field((), description="On at least one of these Pardot lists")


class Qualification(Section):
    """When a lead is ripe, and what then happens to it, once."""

    action: Annotated[QualifyAction, BeforeValidator(_off_is_a_word)] = Field(QualifyAction.OFF)
    when: Threshold = Field(default_factory=lambda: Threshold.model_validate({}))

    @model_validator(mode="after")
    def _not_everybody(self) -> Qualification:
        if self.action is not QualifyAction.OFF and self.when == Threshold.model_validate({}):
            raise ValueError("name min_score, grades or lists: without one everybody qualifies")
        return self


class Condition(Section):
    """What a normalised value must be; everything that is given must hold."""

    equals: Plain | None = Field(None, description="The same, whatever the case of letters")
    one_of: tuple[Plain, ...] | None = Field(None, description="One of these", min_length=1)
    contains: str | None = Field(None, description="Has this text in it", min_length=1)
    min: float | date | str | None = Field(None, description="At least; grades compare by rank")
    max: float | date | str | None = Field(None, description="At most")
    blank: bool | None = Field(None, description="true: is empty; false: is not")

    @model_validator(mode="after")
    def _says_something(self) -> Condition:
        if not self.model_fields_set:
            raise ValueError("name what must hold: equals, one_of, contains, min, max or blank")
        return self


def _short_form(value: Any) -> Any:
    """``country: DE`` and ``country: [DE, AT]``."""
    if isinstance(value, list | tuple):
        return {"one_of": value}
    return {"equals": value} if isinstance(value, bool | int | float | str) else value


class AssignmentRule(Section):
    """To whom leads go that meet the conditions."""

    name: str = Field(min_length=1, max_length=40, description="Under which turns are remembered")
    when: Mapping[FieldName, Annotated[Condition, BeforeValidator(_short_form)]] = Field(
        default_factory=dict, description="Pardot field to what must hold; nothing: everybody"
    )
    team: str | None = Field(None, min_length=1, description="Sales team, by its English name")
    user: str | None = Field(None, min_length=3, description="Salesperson, by e-mail or login")
    round_robin: tuple[str, ...] = Field((), description="Salespeople who take turns")

    @model_validator(mode="after")
    def _gives_it_to_someone(self) -> AssignmentRule:
        if self.user and self.round_robin:
            raise ValueError("name either user or round_robin, not both")
        if not (self.team or self.user or self.round_robin):
            raise ValueError("name a team, a user, or users under round_robin")
        if len({who.casefold() for who in self.round_robin}) < len(self.round_robin):
            raise ValueError("round_robin names somebody twice")
        return self


class BornInOdoo(Section):
    """Which records that were made in Odoo become prospects."""

    active: bool = Field(False, description="Whether any do")
    leads: bool = Field(True, description="Whether leads do")
    contacts: bool = Field(False, description="Whether contacts do")
    lead_domain: tuple[Any, ...] = Field((), description="Odoo's domain that leads must be in")
    contact_domain: tuple[Any, ...] = Field((), description="The same for contacts")
    consent_field: str | None = Field(
        None, pattern=r"^[a-z][a-z0-9_]*$", description="A yes-or-no field that must be set"
    )


class AutomationRules(Section):
    """The section as a whole."""

    create_lead: Threshold = Field(default_factory=lambda: Threshold.model_validate({}))
    contact: ContactPolicy = Field(ContactPolicy.ALWAYS, description="When a contact is made")
    qualify: Qualification = Field(default_factory=lambda: Qualification.model_validate({}))
    assignment: tuple[AssignmentRule, ...] = Field((), description="The first that fits counts")
    review_team: str | None = Field(None, description="Sales team that drafts belong to")
    born_in_odoo: BornInOdoo = Field(default_factory=lambda: BornInOdoo.model_validate({}))
    prospect_deleted: ProspectDeleted = Field(ProspectDeleted.ARCHIVE)
    deleted_in_odoo: DeletedInOdoo = Field(DeletedInOdoo.LEAVE)

    @field_validator("assignment")
    @classmethod
    def _names_differ(cls, rules: tuple[AssignmentRule, ...]) -> tuple[AssignmentRule, ...]:
        for name, times in Counter(rule.name for rule in rules).items():
            if times > 1:
                raise ValueError(f"two rules are called '{name}'")
        return rules

    @property
    def named_lists(self) -> dict[str, PardotList]:
        """Every Pardot list that a threshold names, by the place in the file that names it."""
        places = {"create_lead": self.create_lead, "qualify.when": self.qualify.when}
        return {
            f"automation.{place}.lists[{number}]": wanted
            for place, threshold in places.items()
            for number, wanted in enumerate(threshold.lists)
        }
