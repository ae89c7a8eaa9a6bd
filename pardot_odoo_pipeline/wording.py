"""What rules, brakes, notes and points in time are called in front of people.

What lives here: codes of the ledger as words, and values as people read them. What does not: what a
code means to the merge (`merge`), or reason codes of people and values (`mapping.reasons`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.pushed_events import Note

__all__ = [
    "brake_in_words",
    "cell_names",
    "interval",
    "moment",
    "note_in_words",
    "rule_in_words",
    "shown",
]

_RULES = {
    "authority:odoo": "both sides changed; the rules make Odoo the authority for this field",
    "authority:pardot": "both sides changed; the rules make Pardot the authority for this field",
    "latest:pardot_later": "both sides changed, Pardot later",
    "latest:odoo_later": "both sides changed, Odoo later",
    "latest:tie": "both sides changed, and it cannot be told who was later; then Odoo wins",
    "first_contact:latest": "both sides had a value when they first met; then Odoo wins",
    "first_contact:authority:odoo": "both sides had a value when they first met; Odoo is the "
    "authority",
    "first_contact:authority:pardot": "both sides had a value when they first met; Pardot is the "
    "authority",
    "first_contact:home": "the records differed when they first met; the contact's value counts",
    "home": "lead and contact were changed differently; the contact's value counts",
    "one_way": "the field flows one way only",
    "restored": "somebody wanted the losing value back",
    "blank:keep": "a blank does not replace a value",
    "blank:clear": "a blank empties the other side",
    "blank:fill_only": "only empty places are filled",
    "changed_in_pardot": "it was changed in Pardot alone",
    "changed_in_odoo": "it was changed in Odoo alone",
    "filled": "the other side had nothing there",
    "same": "both sides say the same",
    "unread": "one side did not tell the value",
    "held": "both systems kept writing over each other; the field is left alone",
    "consent:set_in_pardot": "the refusal was made in Pardot, and only Pardot can take it back",
    "consent:set_in_odoo": "the refusal was made in Odoo, and only Odoo can take it back",
}

_KINDS = {
    "overwrites": "values replaced",
    "blanks": "values emptied",
    "archives": "records archived",
    "deletes": "records deleted",
    "creates": "records made",
}

_NOTES: dict[str, str] = {
    Note.NOT_SEEN: "no reading within 90 seconds showed it",
    Note.GONE: "there is no such prospect",
    Note.UNKNOWN_ADDRESS: "no prospect has its address",
    Note.NOT_LINKED: "its record in Odoo belongs to no prospect",
    Note.BATCH_FAILED: "its batches failed for good",
    Note.TEST: "a test",
}


def rule_in_words(rule: str) -> str:
    """Why a value won or was written."""
    return _RULES.get(rule, rule.replace("_", " "))


def note_in_words(note: str) -> str:
    """Why a pushed event was closed without being seen."""
    return _NOTES.get(note, note.replace("_", " "))


def brake_in_words(rule: str) -> str:
    """What a brake limits: ``odoo:blanks``."""
    side, _, kind = rule.partition(":")
    if side == "first_sync":
        return "values replaced by the first sync"
    return f"{_KINDS.get(kind, kind)} in {side.capitalize()}"


def cell_names(rules: Rules) -> dict[str, str]:
    """Cell, ``model/field``, to the Pardot field that it shows."""
    return {
        f"{model}/{name}": source
        for source, rule in rules.fields.items()
        for model, names in (("crm.lead", rule.lead), ("res.partner", rule.partner))
        for name in names
    }


def moment(at: datetime | None) -> str:
    """A point in time, to the second."""
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def interval(after: datetime | None, until: datetime | None) -> str:
    """When a side changed, as far as it is known."""
    if until is None:
        return "not changed"
    if after is None:
        return f"changed until {moment(until)}"
    return f"changed between {moment(after)} and {moment(until)}"


def shown(value: Any) -> str:
    """A value of a person's, in quotes; nothing for nothing."""
    if value is None or value is False or value == "":
        return "(empty)"
    return f"“{value}”" if isinstance(value, str) else str(value)
