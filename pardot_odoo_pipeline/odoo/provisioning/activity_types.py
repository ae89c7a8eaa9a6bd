"""The activity types that stand for what Pardot saw people do.

What lives here: their names, icons and columns, and putting them into Odoo in one call. What does
not: which activity is of which type (`mapping/activity_table.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pardot_odoo_pipeline.mapping.activity_table import KINDS
from pardot_odoo_pipeline.odoo.apply_action.protocol import EXTERNAL_MODULE
from pardot_odoo_pipeline.odoo.provisioning.installation import QUIET, Installation
from pardot_odoo_pipeline.odoo.provisioning.report import Outcome

__all__ = ["ACTIVITY_TYPES", "ActivityTypeSpec", "install_activity_types"]

_ABOUT = "crm.lead"
_MODEL = "mail.activity.type"


@dataclass(frozen=True)
class ActivityTypeSpec:
    """One type.

    Attributes:
        name: As people read it.
        icon: Its Font Awesome icon.
        is_chosen: Whether it is among those that people choose from. A type that only signs
            messages is archived: nobody plans to have an e-mail opened.
    """

    name: str
    icon: str
    is_chosen: bool

    @property
    def external_name(self) -> str:
        """The name of its external id in our module."""
        return f"activity_type_{self.name.lower().replace(' ', '_')}"

    def columns(self, major: int) -> Mapping[str, str]:
        """What `load()` takes for it; 18 would delete a done activity of another type."""
        columns = {
            "name": self.name,
            "icon": self.icon,
            "category": "default",
            "res_model": _ABOUT,
            # Behind Odoo's own, which people choose from when they plan something.
            "sequence": "90",
            "active": "True" if self.is_chosen else "",
        }
        return columns if major >= 19 else {**columns, "keep_done": "True"}


ACTIVITY_TYPES = tuple(
    ActivityTypeSpec(name, icon, any(kind.activity for kind in KINDS if kind.name == name))
    for name, icon in {kind.name: kind.icon for kind in KINDS}.items()
)


def install_activity_types(run: Installation) -> None:
    """Create the types that are missing and correct those of ours that are not as they must be.

    They stand and fall together: one call of `load()` for all of them.
    """
    major = run.client.version.major
    columns = list(ACTIVITY_TYPES[0].columns(major))
    owned = {
        spec: run.owned[spec.external_name]
        for spec in ACTIVITY_TYPES
        if spec.external_name in run.owned
    }
    rows = run.client.read(_MODEL, list(owned.values()), columns, context=QUIET) if owned else []
    found = {row["id"]: row for row in rows}
    outcomes = {
        spec: _outcome(spec.columns(major), found.get(owned.get(spec, 0)))
        for spec in ACTIVITY_TYPES
    }
    todo = [spec for spec, (outcome, _) in outcomes.items() if outcome is not Outcome.EXISTS]
    if todo and not run.dry_run:
        names = [f"{EXTERNAL_MODULE}.{spec.external_name}" for spec in todo]
        values = [list(spec.columns(major).values()) for spec in todo]
        lines = [[name, *row] for name, row in zip(names, values, strict=True)]
        if not run.client.load(_MODEL, ["id", *columns], lines, context=QUIET)["ids"]:
            refused = (Outcome.REFUSED, "Odoo does not take an activity type of these names")
            outcomes |= dict.fromkeys(todo, refused)
    for spec, (outcome, reason) in outcomes.items():
        run.step("type", spec.name, outcome, reason)


def _outcome(wanted: Mapping[str, str], row: Mapping[str, object] | None) -> tuple[Outcome, str]:
    if row is None:
        return Outcome.CREATED, ""
    stale = [name for name, value in wanted.items() if str(row[name] or "") != value]
    return (Outcome.CHANGED, ", ".join(stale)) if stale else (Outcome.EXISTS, "")
