"""Who wrote what last, and whether anybody knows of it yet.

What lives here: the state of both systems as seen from outside, and the promise that no edit is
overwritten before it was told to the other side or noted in the conflict history. What does not:
the agreement in the end (`verdict`).

An edit is *fresh* until a look from outside finds it on the other side. What a batch replaces while
it is fresh must be in the history.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from pardot_odoo_pipeline.ledger.store import conflicts
from pardot_odoo_pipeline.mapping.canonical import canonical_raw
from pardot_odoo_pipeline.mapping.normalize import normalize_prospects
from pardot_odoo_pipeline.mapping.split import split_prospects
from pardot_odoo_pipeline.merge.people import INHERITED
from pardot_odoo_pipeline.merge.values import UNREAD
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.cell_values import PROSPECT
from pardot_odoo_pipeline.steps.extract import extracted_fields
from pardot_odoo_pipeline_tests.simulation.people import FIELDS, LEAD, PARTNER
from pardot_odoo_pipeline_tests.world import EVERYONE

if TYPE_CHECKING:
    from pardot_odoo_pipeline_tests.simulation.world import World

Place = tuple[str, str, str]
"""``prospect``, id, source; or model, record id, field."""

SOURCE_OF = {"firstName": "full_name", "lastName": "full_name"}
WATCHED = [*(name for name in FIELDS if name not in SOURCE_OF), "full_name", "email"]
LAG = timedelta(seconds=60)


@dataclass(frozen=True)
class State:
    """Both systems at one moment.

    Attributes:
        at: When.
        prospects: Pardot's rows, raw, the recycle bin included.
        desired: Prospect to cell to what Odoo should show of it, for valid ones.
        keys: Prospect to match key, for valid living ones.
        records: Model to record id to values.
    """

    at: datetime
    prospects: Mapping[str, Mapping[str, Any]]
    desired: Mapping[str, Mapping[str, Any]]
    keys: Mapping[str, str]
    records: Mapping[str, Mapping[int, Mapping[str, Any]]]

    def shows(self, other: State) -> bool:
        """Whether nothing differs."""
        return self.records is other.records and self.prospects == other.prospects

    def cells(self, site: World) -> Iterator[tuple[Place, str, Any]]:
        """Every watched place with the cell that gives its value a form, and that value."""
        sources = site.ports.mapping.sources()
        for who, cells in self.desired.items():
            for source in WATCHED:
                for key in sources[source][-1:]:
                    if key in cells:
                        yield ("prospect", who, source), key, cells[key]
        for source in WATCHED:
            for key in sources[source]:
                model, _, name = key.partition("/")
                for record_id, values in self.records[model].items():
                    # What a lead shows of its contact was typed there, and is watched there. The
                    # lead goes on showing a number that somebody emptied on the contact.
                    if not (model == LEAD and name in INHERITED and values["partner_id"]):
                        yield (model, str(record_id), name), key, values[name]

    def means(self, site: World, who: str, key: str, record: Mapping[str, Any]) -> bool:
        """Whether Pardot shows a cell's value, as far as it can: cut, folded, in E.164."""
        model, _, name = key.partition("/")
        ours = self.desired.get(who, {}).get(key, UNREAD)
        if ours is UNREAD:
            return False
        mapping = site.ports.mapping
        if mapping.same(key, ours, record[name]):
            return True
        about = {model: record, PROSPECT: self.prospects[who]}
        through = mapping.convert(about)(key, record[name], key)
        return through is not UNREAD and mapping.same(key, ours, through)


def _raw(state: State, place: Place) -> list[Any]:
    """What Pardot holds of a source, as it is."""
    _, who, source = place
    row = state.prospects[who]
    return [row.get(name) for name in (SOURCE_OF if source == "full_name" else (source,))]


def look(site: World) -> State:
    """Read both systems as a person would."""
    prospects = site.everybody()
    seen = {who: _SEEN[form] for who, form in _normalise(site, prospects).items()}
    desired = {who: cells for who, (cells, _) in seen.items()}
    keys = {who: key for who, (_, key) in seen.items() if key}
    desired = {who: cells for who, cells in desired.items() if cells}
    records = _records(site)
    return State(site.now, prospects, desired, keys, records)


def _records(site: World) -> dict[str, dict[int, dict[str, Any]]]:
    stored = site.site.systems.records()
    if site.seen_records is not None and site.seen_records[0] == stored:
        return site.seen_records[1]
    mapping = site.ports.mapping
    records = {}
    for model in (LEAD, PARTNER):
        extra = ["partner_id"] if model == LEAD else ["is_company"]
        names = [
            *mapping.read_fields(model),
            *(
                "x_pardot_prospect_id",
                "active",
                "email_normalized",
                "x_pardot_do_not_call",
                "x_pardot_state",
            ),
        ]
        found = site.admin.search_read(
            model, [], sorted({*names, *extra}), order="id", context={**EVERYONE, "lang": "en_US"}
        )
        records[model] = {
            row["id"]: {name: _plain(value) for name, value in row.items()} for row in found
        }
    site.seen_records = (stored, records)
    return records


_SEEN: dict[bytes, tuple[dict[str, Any], str | None]] = {}
"""A prospect's row to its cells in Odoo's form and, while it lives, its match key."""


def _form(row: Mapping[str, Any]) -> bytes:
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS)


def _normalise(site: World, prospects: Mapping[str, Mapping[str, Any]]) -> dict[str, bytes]:
    """As the pipeline does it; the few rows that are new, because that takes a while."""
    forms = {who: _form(row) for who, row in prospects.items()}
    new = {who: form for who, form in forms.items() if form not in _SEEN}
    if not new:
        return forms
    _SEEN.update((form, ({}, None)) for form in new.values())
    raw = canonical_raw(
        [
            {
                name: value
                for name, value in prospects[who].items()
                if not isinstance(value, (list, dict))
            }
            for who in new
        ],
        extracted_fields(site.ports.rules),
    )
    raw["read_at"] = site.now.isoformat()
    valid, _ = split_prospects(raw)
    for row in rows(normalize_prospects(valid, site.ports.mapping.options).frame):
        cells = {
            f"{model}/{name}": value
            for model, fields in site.ports.mapping.desired(row).items()
            for name, value in fields.items()
        }
        key = None if row["is_deleted"] else row["email_key"]
        _SEEN[new[row["prospect_id"]]] = (cells, key)
    return forms


def _plain(value: Any) -> Any:
    pair = isinstance(value, list) and len(value) == 2 and isinstance(value[1], str)
    return value[0] if pair else value


@dataclass
class Watch:
    """Follows every edit.

    Attributes:
        site: Both systems.
        state: As last looked at.
        fresh: Place to the value that somebody typed there, and when.
        blanked: Places that somebody emptied at some time.
        lag: Whether Pardot's reads lag now, which hides the latest minute.
        unseen: Prospects written although no read could see their latest edit.
    """

    site: World
    state: State
    fresh: dict[Place, tuple[Any, datetime]] = field(default_factory=dict)
    blanked: set[Place] = field(default_factory=set)
    lag: bool = False
    unseen: set[str] = field(default_factory=set)

    def people_acted(self) -> list[Place]:
        """Whatever changed since the last look, a person did it; returns where."""
        before, self.state = self.state, look(self.site)
        places = []
        for place, key, _, now in self._changes(before):
            places.append(place)
            if self.site.ports.mapping.is_blank(key, now):
                self.fresh.pop(place, None)
                self.blanked.add(place)
            else:
                self.fresh[place] = (now, self.state.at)
        return places

    def batch_ran(self) -> list[str]:
        """Whatever changed since the last look, the engine did it; returns what it lost."""
        before, self.state = self.state, look(self.site)
        if self.state.shows(before):
            self.unseen.clear()
            return []
        history = self._history()
        lost = []
        for place, key, was, now in self._changes(before):
            typed = self.fresh.pop(place, None)
            if typed is None or not self._same(key, typed[0], was):
                continue
            if self.lag and before.at - typed[1] <= LAG:
                continue
            if place[0] == "prospect" and place[1] in self.unseen:
                continue
            if not any(self._tells(one, place, was) for one in history):
                lost.append(f"{place}: {was!r} became {now!r}, and nobody noted it")
        self.unseen.clear()
        self._delivered()
        return lost

    def _changes(self, before: State) -> Iterator[tuple[Place, str, Any, Any]]:
        then = {place: value for place, _, value in before.cells(self.site)}
        for place, key, now in self.state.cells(self.site):
            if place not in then or self._same(key, then[place], now):
                continue
            # A number is read otherwise in another country: nobody touched it for that.
            if place[0] != "prospect" or _raw(before, place) != _raw(self.state, place):
                yield place, key, then[place], now

    def _same(self, key: str, a: Any, b: Any) -> bool:
        return self.site.ports.mapping.same(key, a, b)

    def _history(self) -> list[conflicts.RecordedConflict]:
        """All conflicts: an interrupted batch may note what an earlier one was about to do."""
        with self.site.ports.ledger.read() as connection:
            return conflicts.recent(connection, limit=10_000)

    def _tells(self, one: conflicts.RecordedConflict, place: Place, was: Any) -> bool:
        kind, _, name = place
        if kind == "prospect":
            keys = self.site.ports.mapping.sources()[name]
            return one.field in keys and (
                # The same value in another cell's form counts as well.
                self._same(one.field, one.pardot_value, was)
                or self._same(keys[0], one.pardot_value, was)
            )
        return one.field == f"{kind}/{name}" and self._same(one.field, one.odoo_value, was)

    def _delivered(self) -> None:
        """What the other side shows by now is no news any more."""
        state, mapping = self.state, self.site.ports.mapping
        shown: dict[Place, bool] = {}
        for source in WATCHED:
            for key in mapping.sources()[source]:
                model, _, name = key.partition("/")
                for record_id, values in state.records[model].items():
                    who = values["x_pardot_prospect_id"]
                    if who and state.means(self.site, who, key, values):
                        shown[model, str(record_id), name] = True
                        shown["prospect", who, source] = True
        for place in list(self.fresh):
            if shown.get(place):
                del self.fresh[place]
