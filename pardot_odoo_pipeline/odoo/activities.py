"""The history of leads: what Pardot saw people do, as dated messages and done activities.

What lives here: writing entries in bulk, finding those that an earlier call may have written, and
changing the text of those that count. What does not: which entries there are
(``merge/activities.py``) and remembering them (``ledger``).

A message is what people read: dated, signed by OdooBot, no follower, no notification, no new
``write_date`` of the lead. Its ``message_id`` is the key by which it is found again. The done
activity beside it is for Odoo's own reports, knows a day but no time, and does not show in the
chatter; it is found again by a line of its note.

The model of a done activity is given by the context: Odoo then fills in the id of ``crm.lead`` by
itself, which a plain salesperson may not look up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooAccessError, OdooConfigurationError, OdooError
from pardot_odoo_pipeline.odoo.load_call import load_rows
from pardot_odoo_pipeline.odoo.person_writes import LEAD

__all__ = ["CALL_ENTRIES", "EntryResult", "EntryStatus", "EntryWrite", "HistoryWriter"]

CALL_ENTRIES = 300
"""Entries in one call: half a second to a second, and no lead is held for longer."""

_ENGLISH = {"lang": "en_US", "active_test": False}
_MARK = re.compile(r"Pardot activity (\w+)")
_ABOUT_LEADS = {"default_res_model": LEAD}


class EntryStatus(StrEnum):
    """``lead_gone``: the record it belongs to is not there any more."""

    WRITTEN = "written"
    LEAD_GONE = "lead_gone"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class EntryWrite:
    """One entry to create.

    Attributes:
        key: The activity that it bears the id of.
        lead_id: Where it belongs.
        at: When it happened.
        body: Html, everything in it escaped.
        summary: One line of plain text.
        type_name: The name of its activity type.
        as_activity: Whether it is a done activity as well.
        doubtful: Whether an earlier call may have created it.
        members: Activities whose id it may bear instead.
    """

    key: str
    lead_id: int
    at: datetime
    body: str
    summary: str
    type_name: str
    as_activity: bool
    doubtful: bool = False
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryResult:
    """What became of one entry; ``found`` says that an earlier call had written the message."""

    key: str
    status: EntryStatus
    message_id: int | None = None
    activity_id: int | None = None
    found: bool = False


class HistoryWriter:
    """Writes into the history of leads.

    Args:
        client: A connection of any user who may write leads.
        source: Tells apart the Pardot accounts that one Odoo may serve; part of each message's key.
    """

    def __init__(self, client: OdooClient, source: str) -> None:
        self._client = client
        self._source = re.sub(r"[^A-Za-z0-9.-]", "-", source)

    def message_key(self, key: str) -> str:
        """The ``message_id`` of an entry."""
        return f"<pardot-activity-{key}@{self._source}>"

    @cached_property
    def type_ids(self) -> dict[str, int]:
        """The activity types by name; those that were never provisioned are not there."""
        rows = self._client.search_read(
            "mail.activity.type",
            [["res_model", "=", LEAD]],
            ["name"],
            order="id desc",
            context=_ENGLISH,
        )
        return {row["name"]: row["id"] for row in rows}

    @cached_property
    def _signed(self) -> dict[str, Any]:
        """Author and kind of every message, found once."""
        bots = self._client.search_read(
            "res.users", [["id", "=", 1]], ["partner_id"], context=_ENGLISH
        )
        notes = self._client.search_read(
            "mail.message.subtype",
            [["internal", "=", True], ["res_model", "=", False], ["name", "=", "Note"]],
            ["name"],
            order="id",
            limit=1,
            context=_ENGLISH,
        )
        if not bots or not notes:
            raise OdooConfigurationError(
                "This Odoo has no OdooBot or no subtype Note, in whose name history is written",
                fix="Restore the standard records of the module mail by updating that module",
                code="no_history_author",
            )
        return {
            "author_id": bots[0]["partner_id"][0],
            # Else Odoo asks for the caller's own address, and refuses a caller who has none.
            "email_from": '"OdooBot" <odoobot@example.com>',
            "subtype_id": notes[0]["id"],
            "message_type": "notification",
            "model": LEAD,
        }

    def create(self, entries: Sequence[EntryWrite]) -> list[EntryResult]:
        """Create entries in this order, each once; one result each.

        Raises:
            OdooError: A call failed as a whole; ``in_doubt`` where it may have been done.
        """
        if not entries:
            return []
        found = self._found(entries)
        absent = [entry for entry in entries if entry.key not in found]
        made = self._create("mail.message", [self._message(entry) for entry in absent], {})
        messages = {entry.key: number for entry, number in zip(absent, made, strict=True)}
        messages |= dict.fromkeys(found, EntryStatus.WRITTEN)
        there = [entry for entry in entries if _is_there(messages[entry.key])]
        activities = self._activities(there)
        return [
            _result(entry.key, messages[entry.key], found.get(entry.key), activities)
            for entry in entries
        ]

    def rewrite(self, bodies: Mapping[int, str]) -> int:
        """Give messages a new text; returns how many were gone or refused."""
        if not bodies:
            return 0
        rows = [[str(number), body] for number, body in bodies.items()]
        outcomes = load_rows(self._client, "mail.message", [".id", "body"], rows, {})
        return sum(isinstance(outcome, str) for outcome in outcomes)

    def _found(self, entries: Sequence[EntryWrite]) -> dict[str, int]:
        keys = {self.message_key(key): of for key, of in _doubtful(entries).items()}
        if not keys:
            return {}
        rows = self._client.search_read(
            "mail.message", [["message_id", "in", list(keys)]], ["message_id"], order="id desc"
        )
        return {keys[row["message_id"]]: row["id"] for row in rows}

    def _message(self, entry: EntryWrite) -> dict[str, Any]:
        return {
            **self._signed,
            "res_id": entry.lead_id,
            "date": _stamp(entry.at),
            "body": entry.body,
            "message_id": self.message_key(entry.key),
            # CRM's activity report counts messages by it.
            "mail_activity_type_id": self.type_ids.get(entry.type_name, False),
        }

    def _activities(self, entries: Sequence[EntryWrite]) -> dict[str, int]:
        wanted = [e for e in entries if e.as_activity and e.type_name in self.type_ids]
        found = self._found_activities([entry for entry in wanted if entry.doubtful])
        absent = [entry for entry in wanted if entry.key not in found]
        for wave in self._waves(absent):
            rows = [self._activity(entry) for entry in wave]
            made = self._create("mail.activity", rows, _ABOUT_LEADS)
            found |= {e.key: n for e, n in zip(wave, made, strict=True) if isinstance(n, int)}
        return found

    def _waves(self, entries: Sequence[EntryWrite]) -> list[list[EntryWrite]]:
        """Cut into calls: before 19 a call may name each lead once.

        There the activity's user follows the lead, and Odoo refuses to add a follower twice.
        """
        if self._client.version.major >= 19:
            return [list(entries)] if entries else []
        waves: list[list[EntryWrite]] = []
        seen: dict[int, int] = {}
        for entry in entries:
            number = seen.get(entry.lead_id, 0)
            seen[entry.lead_id] = number + 1
            if number == len(waves):
                waves.append([])
            waves[number].append(entry)
        return waves

    def _found_activities(self, entries: Sequence[EntryWrite]) -> dict[str, int]:
        if not entries:
            return {}
        keys = _doubtful(entries)
        domain: list[Any] = [["res_model", "=", LEAD], ["active", "=", False]]
        domain += [["res_id", "in", sorted({entry.lead_id for entry in entries})]]
        domain += [["activity_type_id", "in", sorted(self.type_ids.values())]]
        rows = self._client.search_read("mail.activity", domain, ["note"], order="id desc")
        marks = [(_MARK.search(row["note"] or ""), row["id"]) for row in rows]
        return {keys[mark[1]]: number for mark, number in marks if mark and mark[1] in keys}

    def _activity(self, entry: EntryWrite) -> dict[str, Any]:
        day = entry.at.astimezone(UTC).date().isoformat()
        # Whoever it is assigned to would follow the lead; only 18 insists on somebody.
        user = False if self._client.version.major >= 19 else self._client.uid
        return {
            "res_id": entry.lead_id,
            "activity_type_id": self.type_ids[entry.type_name],
            "summary": entry.summary[:250],
            "note": f"{entry.body}<p>Pardot activity {entry.key}</p>",
            "date_deadline": day,
            "date_done": day,
            "active": False,
            "user_id": user,
        }

    def _create(
        self, model: str, rows: Sequence[dict[str, Any]], context: Mapping[str, Any]
    ) -> list[int | EntryStatus]:
        """Create rows, those that Odoo does not take left out; an id or the reason for each."""
        if not rows:
            return []
        try:
            return list(self._client.create(model, rows, context=context))
        except OdooError as error:
            if error.in_doubt or not _blames_rows(error):
                raise
            leads = self._leads({row["res_id"] for row in rows})
            parts = [[n for n, row in enumerate(rows) if row["res_id"] in leads]]
            if len(parts[0]) == len(rows):
                if isinstance(error, OdooAccessError):
                    raise
                if len(rows) == 1:
                    return [EntryStatus.REFUSED]
                middle = len(rows) // 2
                parts = [list(range(middle)), list(range(middle, len(rows)))]
        results: list[int | EntryStatus] = [EntryStatus.LEAD_GONE] * len(rows)
        for part in parts:
            made = self._create(model, [rows[n] for n in part], context)
            for position, result in zip(part, made, strict=True):
                results[position] = result
        return results

    def _leads(self, ids: set[int]) -> set[int]:
        everyone = {"active_test": False}
        return set(self._client.search(LEAD, [["id", "in", sorted(ids)]], context=everyone))


def _doubtful(entries: Sequence[EntryWrite]) -> dict[str, str]:
    """Every id that an entry may bear which an earlier call may have created, to its own."""
    return {
        key: entry.key for entry in entries if entry.doubtful for key in (*entry.members, entry.key)
    }


def _blames_rows(error: OdooError) -> bool:
    # Whether a record is gone or forbidden is told apart by Odoo's models in different ways.
    return isinstance(error, OdooAccessError) or error.failure_class in (
        FailureClass.BAD_RECORD,
        FailureClass.MISSING_RECORD,
    )


def _is_there(outcome: int | EntryStatus) -> bool:
    return isinstance(outcome, int) or outcome is EntryStatus.WRITTEN


def _result(
    key: str, outcome: int | EntryStatus, found: int | None, activities: Mapping[str, int]
) -> EntryResult:
    if found is not None:
        return EntryResult(key, EntryStatus.WRITTEN, found, activities.get(key), found=True)
    if isinstance(outcome, int):
        return EntryResult(key, EntryStatus.WRITTEN, outcome, activities.get(key))
    return EntryResult(key, outcome)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
