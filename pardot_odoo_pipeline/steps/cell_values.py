"""A person's values on their way between cells, and back to Pardot.

What lives here: the conversions that need more of the person than the value alone: a state needs
its country, a spelling the prospect as it was read. What does not: the conversion of single values
(`mapping`) and which values travel (`merge`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

from pardot_odoo_pipeline.mapping.canonical import UNREAD_COLUMN, canonical_text
from pardot_odoo_pipeline.mapping.lookups import OdooLookups
from pardot_odoo_pipeline.mapping.names import full_name, lead_title
from pardot_odoo_pipeline.mapping.normalize import NormalizeOptions, converter_of
from pardot_odoo_pipeline.mapping.odoo_values import HELD, value_writer
from pardot_odoo_pipeline.mapping.pardot_values import (
    NoCounterpart,
    canonical_value,
    pardot_values,
)
from pardot_odoo_pipeline.mapping.same_value import is_empty
from pardot_odoo_pipeline.mapping.targets import OdooTarget
from pardot_odoo_pipeline.merge.cells import Convert
from pardot_odoo_pipeline.merge.values import UNREAD

__all__ = ["MADE_OF", "PROSPECT", "CellValues", "Record"]

MADE_OF: Mapping[str, tuple[str, ...]] = {
    "full_name": ("firstName", "lastName"),
    "lead_title": ("firstName", "lastName", "company"),
    "state": ("state", "country"),
    "phone": ("phone", "country"),
}
"""What a field is told from, where that is not the field alone."""

PROSPECT = "prospect"
"""Under this name a person's record may carry the prospect as it was read, beside its models."""

Record = Mapping[str, Mapping[str, Any]]
"""Model, or ``PROSPECT``, to values."""


class CellValues:
    """Conversions between the cells of one mapping.

    Args:
        cells: Key to Odoo field.
        lookups: Ids and fields of this Odoo.
        options: Gives what normalisation is told now; it grows with the names that are learnt.
    """

    def __init__(
        self,
        cells: Mapping[str, OdooTarget],
        lookups: OdooLookups,
        options: Callable[[], NormalizeOptions],
    ) -> None:
        self._cells = cells
        self._lookups = lookups
        self._options = options

    @cached_property
    def _writers(self) -> dict[str, Callable[[Mapping[str, Any]], Any]]:
        zone = self._options().rules.account_time_zone
        return {key: value_writer(t, self._lookups, zone) for key, t in self._cells.items()}

    def convert(self, record: Record) -> Convert:
        """From the form of one cell into that of another cell of the same Pardot field.

        From a cell to itself: what it would show once Pardot holds the value. That is not always
        the value: a phone number comes back in E.164, a long text cut. Remembered as Pardot's half
        of a pair, the value itself would make the next reading look like an edit.

        Args:
            record: Model to the person's values there: a state needs its country. Under
                ``PROSPECT``, the prospect as it was read.
        """

        def converted(from_key: str, value: Any, to_key: str) -> Any:
            here, there = self._cells[from_key], self._cells[to_key]
            if from_key == to_key and value is not UNREAD:
                return self._returned(from_key, value, record)
            if value is UNREAD or _form(here) == _form(there):
                return value
            try:
                row = self._row(here, value, record)
            except NoCounterpart:
                return UNREAD
            result = self._writers[to_key](row)
            # What the other cell cannot hold is not the same as nothing.
            is_lost = result is HELD or (
                row[here.column] is not None and is_empty(there.type, result)
            )
            return UNREAD if is_lost else result

        return converted

    def to_pardot(self, key: str, value: Any, record: Record) -> dict[str, Any]:
        """The members of a request body that make Pardot show what a cell holds.

        Args:
            key: The cell.
            value: Its value, in RPC form; an empty one clears.
            record: Model to the person's values there, and under ``PROSPECT`` the prospect as it
                was read, whose spelling is kept where it means the same.

        Returns:
            API field to JSON value; empty where Pardot takes no such value.
        """
        target = self._cells[key]
        try:
            row = self._row(target, value, record)
        except NoCounterpart:
            return {}
        return pardot_values(
            target.source,
            row[target.column],
            self._lookups,
            self._options(),
            country=row["country"],
            shown=record.get(PROSPECT),
        )

    def in_words(self, key: str, value: Any) -> str | None:
        """A cell's value as people read it: names instead of ids; None for an empty one."""
        target = self._cells[key]
        if is_empty(target.type, value):
            return None
        if target.type in ("many2one", "many2many", "html"):
            with suppress(NoCounterpart):
                return canonical_text(
                    canonical_value(target, value, self._lookups, self._options())
                )
        return canonical_text(value)

    def _returned(self, key: str, value: Any, record: Record) -> Any:
        """What the next reading says of a cell once Pardot shows what ``to_pardot`` told it."""
        target = self._cells[key]
        told = self.to_pardot(key, value, record)
        if not told:
            return UNREAD
        raw = {**record.get(PROSPECT, {}), **told}
        own_country = target.source == "country"
        country = (
            self._normalised("country", raw, None)
            if own_country
            else self._row(target, value, record)["country"]
        )
        row = {"country": country}
        if target.source == "full_name":
            first, last, email = (
                self._normalised(name, raw, None) for name in ("firstName", "lastName", "email")
            )
            row[target.column] = full_name(first, last, email)
        else:
            row[target.column] = self._normalised(target.source, raw, country)
        result = self._writers[key](row)
        return UNREAD if result is HELD else result

    def once_told(
        self, row: Mapping[str, Any], raw: Mapping[str, Any], told: Mapping[str, Any]
    ) -> dict[str, dict[str, Any]]:
        """What fields will show that are made of what Pardot is about to be told, by model.

        A title is made of the name: without this, the next reading would bring what our own write
        made of it, as an edit. Fields that are told themselves are not among them.

        Args:
            row: The normalised prospect.
            raw: The prospect as it was read.
            told: API field to the value that Pardot will get.
        """
        unread = (row.get(UNREAD_COLUMN) or "").split()
        renewed: dict[str, dict[str, Any]] = {}
        for key, target in self._cells.items():
            parts = MADE_OF.get(target.source, ())
            is_told = target.source in told or target.source == "full_name"
            if is_told or told.keys().isdisjoint(parts) or not {*unread}.isdisjoint(parts):
                continue
            value = self._writers[key]({**row, **self._renewed(target, {**raw, **told})})
            if value is not HELD:
                renewed.setdefault(target.model, {})[target.name] = value
        return renewed

    def _renewed(self, target: OdooTarget, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The part of a normalised row that a field is written from."""
        country = self._normalised("country", raw, None)
        if target.source != "lead_title":
            own = self._normalised(target.source, raw, country)
            return {"country": country, target.column: own}
        first, last, email, company = (
            self._normalised(name, raw, None)
            for name in ("firstName", "lastName", "email", "company")
        )
        return {target.column: lead_title(full_name(first, last, email), company)}

    def _normalised(self, field: str, raw: Mapping[str, Any], country: str | None) -> Any:
        text = canonical_text(raw.get(field))
        return None if text is None else converter_of(field, self._options())(text, country).value

    def _row(self, target: OdooTarget, value: Any, record: Record) -> dict[str, Any]:
        """A cell's value as a normalised row of its own.

        Raises:
            NoCounterpart: It has no canonical form.
        """
        country = self._country(target.model, record)
        if target.column == "state" and isinstance(value, int) and value:
            # Its own country, not the record's: somebody may have changed only one of the two.
            country = next(iter(self._lookups.place_of_state(value) or (country,)))
        own = canonical_value(target, value, self._lookups, self._options(), country)
        return {"country": country, target.column: own}

    def _country(self, model: str, record: Record) -> str | None:
        for target in self._cells.values():
            held = record.get(model, {}).get(target.name)
            if target.model == model and target.source == "country" and held:
                try:
                    found = canonical_value(target, held, self._lookups, self._options())
                except NoCounterpart:
                    return None
                return None if found is None else str(found)
        return None


def _form(target: OdooTarget) -> tuple[Any, ...]:
    """What two cells of one Pardot field must share so that a value fits both as it is."""
    return target.type, target.about.relation, target.about.selection
