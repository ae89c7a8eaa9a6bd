"""Records that carry tags: reading which changed, giving and taking a tag, a note about it.

What lives here: the calls. What does not: which tag belongs to whom (``merge/memberships.py``) and
the tags themselves (``tags.py``).

Giving a tag that is there and taking one that is not are no changes for Odoo, so every call here
may be made again after a lost answer. Many records get a tag in one call: equal updates cost a
hundredth of single ones.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooError
from pardot_odoo_pipeline.odoo.person_writes import LEAD, PARTNER

__all__ = [
    "TAG_FIELDS",
    "ChangedRecords",
    "Note",
    "TagWrite",
    "TaggedRecord",
    "change_tag",
    "latest_write",
    "records_with",
    "write_notes",
]

TAG_FIELDS = {PARTNER: "category_id", LEAD: "tag_ids"}
_OURS = ("x_pardot_prospect_id", "!=", False)
_EVERYONE = {"active_test": False}
_QUIET = {"active_test": False, "tracking_disable": True}
_RECORDS_A_CALL = 500
_ROWS_A_CALL = 10_000
_NOTES_A_CALL = 200
_MISSING = {FailureClass.MISSING_RECORD, FailureClass.BAD_RECORD}


@dataclass(frozen=True, slots=True)
class TaggedRecord:
    """One record, its tags, and when it was written."""

    record_id: int
    tag_ids: frozenset[int]
    written_at: datetime


@dataclass
class TagWrite:
    """What became of giving or taking a tag: ids of records."""

    done: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Note:
    """A note on a record. The key names it for good, so that it is written once."""

    model: str
    record_id: int
    key: str
    text: str


def latest_write(client: OdooClient, model: str) -> datetime:
    """When the record of a model that was written last was; long ago where there is none."""
    rows = client.search_read(
        model, [], ["write_date"], order="write_date desc", limit=1, context=_EVERYONE
    )
    return _moment(rows[0]["write_date"]) if rows else datetime(2000, 1, 1, tzinfo=UTC)


def records_with(client: OdooClient, model: str, tag_ids: Sequence[int]) -> list[TaggedRecord]:
    """Our records that carry one of these tags."""
    found: list[TaggedRecord] = []
    while tag_ids:
        domain: list[Any] = [(TAG_FIELDS[model], "in", list(tag_ids)), _OURS]
        if found:
            domain.append(("id", ">", found[-1].record_id))
        rows = _read(client, model, domain, "id", _ROWS_A_CALL)
        found += rows
        if len(rows) < _ROWS_A_CALL:
            break
    return found


class ChangedRecords:
    """Pages of our records written in or after a second, oldest first.

    Within a second Odoo orders by what it does not show, and one call may have written more records
    than a page holds. So the last second of a full page is left to the next page, and a second that
    fills a page by itself is read by id.

    Attributes:
        reached: Every record written before this second has been given.
        reached_id: Of that second, those up to this id; 0 where the second is to be read anew.
        is_complete: Whether nothing was left.
    """

    def __init__(
        self,
        client: OdooClient,
        model: str,
        since: datetime,
        since_id: int = 0,
        *,
        page_size: int = _ROWS_A_CALL,
    ) -> None:
        """Begin in a second.

        Args:
            client: The connection.
            model: Contacts or leads.
            since: Begin, inclusive: two versions of Odoo compare parts of seconds differently.
            since_id: Where greater than 0: of that second, only records with a greater id.
            page_size: Records a call.
        """
        self._client = client
        self._model = model
        self._page_size = page_size
        self.reached = since
        self.reached_id = since_id
        self.is_complete = False

    def __iter__(self) -> Iterator[list[TaggedRecord]]:
        while not self.is_complete:
            page = self._by_id() if self.reached_id else self._by_time()
            if page:
                yield page

    def _by_time(self) -> list[TaggedRecord]:
        rows = self._read([("write_date", ">=", _text(self.reached))], "write_date, id")
        self.is_complete = len(rows) < self._page_size
        if rows:
            self.reached = rows[-1].written_at
        if self.is_complete:
            return rows
        if rows[0].written_at == self.reached:
            return self._by_id()
        return [row for row in rows if row.written_at < self.reached]

    def _by_id(self) -> list[TaggedRecord]:
        following = self.reached + timedelta(seconds=1)
        within = [("write_date", ">=", _text(self.reached)), ("write_date", "<", _text(following))]
        rows = self._read([*within, ("id", ">", self.reached_id)], "id")
        if len(rows) < self._page_size:
            self.reached, self.reached_id = following, 0
        else:
            self.reached_id = rows[-1].record_id
        return rows

    def _read(self, domain: list[Any], order: str) -> list[TaggedRecord]:
        return _read(self._client, self._model, [*domain, _OURS], order, self._page_size)


def _read(
    client: OdooClient, model: str, domain: list[Any], order: str, limit: int
) -> list[TaggedRecord]:
    name = TAG_FIELDS[model]
    rows = client.search_read(
        model, domain, [name, "write_date"], order=order, limit=limit, context=_EVERYONE
    )
    return [
        TaggedRecord(row["id"], frozenset(row[name]), _moment(row["write_date"])) for row in rows
    ]


def change_tag(
    client: OdooClient, model: str, tag_id: int, record_ids: Iterable[int], *, give: bool
) -> TagWrite:
    """Give a tag to these records, or take it from them.

    Raises:
        OdooError: The failure lies in none of the records.
    """
    told = TagWrite()
    wanted = sorted(set(record_ids))
    for start in range(0, len(wanted), _RECORDS_A_CALL):
        _change(client, model, tag_id, wanted[start : start + _RECORDS_A_CALL], give, told)
    return told


def _change(
    client: OdooClient, model: str, tag_id: int, ids: list[int], give: bool, told: TagWrite
) -> None:
    values = {TAG_FIELDS[model]: [[4 if give else 3, tag_id]]}
    try:
        client.write(model, ids, values, context=_QUIET)
    except OdooError as error:
        if error.failure_class not in _MISSING or error.in_doubt:
            raise
        there = set(client.search(model, [("id", "in", ids)], context=_EVERYONE))
        told.gone += [one for one in ids if one not in there]
        left = [one for one in ids if one in there]
        if len(left) == len(ids) == 1:
            told.refused += left
            return
        # Somebody is gone, or somebody's values offend a rule: the others still get theirs.
        middle = (len(left) + 1) // 2 if len(left) == len(ids) else len(left)
        for part in (left[:middle], left[middle:]):
            if part:
                _change(client, model, tag_id, part, give, told)
    else:
        told.done += ids


def write_notes(client: OdooClient, notes: Sequence[Note]) -> None:
    """Write notes into the chatter, each once however often this is called.

    Raises:
        OdooError: The failure lies in none of the records.
    """
    if not notes:
        return
    subtype = client.search(
        "mail.message.subtype", [("name", "=", "Note")], limit=1, context={"lang": "en_US"}
    )
    for start in range(0, len(notes), _NOTES_A_CALL):
        part = notes[start : start + _NOTES_A_CALL]
        keys = [note.key for note in part]
        there = client.search_read("mail.message", [("message_id", "in", keys)], ["message_id"])
        known = {row["message_id"] for row in there}
        values = [_message(note, subtype) for note in part if note.key not in known]
        _post(client, values)


def _message(note: Note, subtype: Sequence[int]) -> dict[str, Any]:
    return {
        "model": note.model,
        "res_id": note.record_id,
        "body": f"<p>{html.escape(note.text, quote=False)}</p>",
        "message_type": "notification",
        "message_id": note.key,
        "subtype_id": subtype[0] if subtype else False,
    }


def _post(client: OdooClient, values: Sequence[Mapping[str, Any]]) -> None:
    if not values:
        return
    try:
        client.create("mail.message", values)
    except OdooError as error:
        if error.failure_class not in _MISSING or error.in_doubt:
            raise
        if len(values) > 1:  # alone, a record that is gone needs no note
            middle = len(values) // 2
            _post(client, values[:middle])
            _post(client, values[middle:])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
