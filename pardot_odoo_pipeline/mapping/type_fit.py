"""Which types of Odoo fields can hold what a transform makes.

What lives here: the table, as data. What does not: the forms themselves (``odoo_values.py``,
``pardot_values.py``) and the complaint (``schema_check.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pardot_odoo_pipeline.mapping.rules import TEXT_STEPS, Transform

__all__ = ["FITTING_TYPES", "TRANSFORM_FOR"]

_TEXTS = frozenset({"char", "text", "html"})
_NUMBERS = frozenset({"integer", "float", "monetary"})

FITTING_TYPES: Mapping[Transform, frozenset[str]] = MappingProxyType(
    {
        **dict.fromkeys(set(Transform) - TEXT_STEPS, _TEXTS),
        Transform.TEXT: _TEXTS | {"selection", "many2one"},
        Transform.PICKLIST: _TEXTS | {"selection", "many2one"},
        Transform.CHOICES: _TEXTS | {"many2many"},
        Transform.COUNTRY: frozenset({"char", "many2one"}),
        Transform.STATE: frozenset({"char", "many2one"}),
        Transform.GRADE: frozenset({"char", "integer", "selection"}),
        Transform.NUMBER: _NUMBERS | {"char"},
        Transform.FLAG: frozenset({"boolean", "char"}),
        Transform.DATE: frozenset({"char", "date", "datetime"}),
        Transform.TIME: frozenset({"date", "datetime"}),
    }
)
"""Kind of transform -> the types of Odoo fields that it may be written to."""

TRANSFORM_FOR: Mapping[str, Transform] = MappingProxyType(
    {
        **dict.fromkeys(_NUMBERS, Transform.NUMBER),
        "boolean": Transform.FLAG,
        "date": Transform.DATE,
        "datetime": Transform.TIME,
        "selection": Transform.PICKLIST,
        "many2one": Transform.PICKLIST,
        "many2many": Transform.CHOICES,
    }
)
"""Type of an Odoo field -> the transform to propose for it."""
