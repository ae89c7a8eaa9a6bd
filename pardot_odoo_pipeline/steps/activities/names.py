"""The names of what people opened, filled in and read.

What lives here: looking up only those that an entry will show. What does not: the look-up itself
(``pardot/assets.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pardot_odoo_pipeline.pardot.assets import ASSETS, assets_by_id
from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.errors import PardotBadRequest, PardotConfigurationError

__all__ = ["AssetNames"]


class AssetNames:
    """Rows of assets by field and id.

    Attributes:
        missing: How many could not be named: deleted, or hidden from this user.
    """

    def __init__(self, client: PardotClient) -> None:
        self._client = client
        self._rows: dict[tuple[str, int], Mapping[str, Any]] = {}
        self.missing = 0

    def look_up(self, wanted: Mapping[str, set[int]]) -> None:
        """Read the assets of these ids; an entry without a name is better than no entry."""
        for field in sorted(set(wanted) & set(ASSETS)):
            try:
                found = assets_by_id(self._client, field, wanted[field])
            except (PardotBadRequest, PardotConfigurationError):
                found = {}
            self._rows |= {(field, number): row for number, row in found.items()}
            self.missing += len(wanted[field] - found.keys())

    def label(self, field: str, number: int) -> str | None:
        """What people call it."""
        row = self._rows.get((field, number), {})
        return row.get("name") or row.get("title") or row.get("subject")

    def url(self, field: str, number: int) -> str | None:
        """Its address, where it has one."""
        return self._rows.get((field, number), {}).get("url")
