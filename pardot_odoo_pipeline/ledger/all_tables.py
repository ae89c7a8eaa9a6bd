"""Every table of the ledger, for whoever treats all of them alike.

What lives here: finding them. What does not: any table; those are in the modules of their subjects.
"""

from __future__ import annotations

import importlib
import pkgutil

import sqlalchemy as sa

from pardot_odoo_pipeline import ledger
from pardot_odoo_pipeline.ledger.tables import metadata

__all__ = ["every_table"]


def every_table() -> list[sa.Table]:
    """All tables, parents before children, else by name."""
    for module in pkgutil.iter_modules(ledger.__path__):
        if module.name.endswith(("tables", "desks")):
            importlib.import_module(f"{ledger.__name__}.{module.name}")
    return list(metadata.sorted_tables)
