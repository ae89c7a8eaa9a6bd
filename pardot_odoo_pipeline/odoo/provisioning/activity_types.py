"""The activity types that stand for what Pardot saw people do.

What lives here: their names, icons and columns. What does not: putting them into Odoo
(`provision`), and which activity is of which type (`mapping/activity_table.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pardot_odoo_pipeline.mapping.activity_table import KINDS

__all__ = ["ACTIVITY_TYPES", "ActivityTypeSpec"]

_MODEL = "crm.lead"


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
            "res_model": _MODEL,
            # Behind Odoo's own, which people choose from when they plan something.
            "sequence": "90",
            "active": "True" if self.is_chosen else "",
        }
        return columns if major >= 19 else {**columns, "keep_done": "True"}


ACTIVITY_TYPES = tuple(
    ActivityTypeSpec(name, icon, any(kind.activity for kind in KINDS if kind.name == name))
    for name, icon in {kind.name: kind.icon for kind in KINDS}.items()
)
