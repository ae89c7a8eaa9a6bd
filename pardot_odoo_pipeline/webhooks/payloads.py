"""What a pushed event says: whom it is about, what happened, when. Pure.

What lives here: the events of Pardot's side in every spelling, the events of Odoo's automation
rules, and the ids of events whose sender gives none. What does not: bytes (`bodies`), the words for
types (`event_types`), times (`event_times`), storing.

Where one event of an array is wrong, the whole request is refused with the places of the wrong
ones, and nothing of it is kept: a sender that mends and repeats it must not find half of it done.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from pardot_odoo_pipeline.mapping.emails import email_key, is_valid_email
from pardot_odoo_pipeline.pushed_events import EventType, PushedEvent, System, priority_of
from pardot_odoo_pipeline.webhooks.event_times import odoo_moment, sent_moment
from pardot_odoo_pipeline.webhooks.event_types import type_of
from pardot_odoo_pipeline.webhooks.mistakes import Mistake
from pardot_odoo_pipeline.webhooks.refusals import Refused

__all__ = ["Reading", "Receipt", "read_events"]

_WINDOW = 300
_LONGEST_ID = 128
_LONGEST_TEXT = 255
_LONGEST_EMAIL = 320
_MOST_MISTAKES = 20
_MOST_DIGITS = 18
_HIGHEST_ODOO_ID = 2**31 - 1
_MODELS = {"crm.lead": "lead_id", "res.partner": "partner_id"}

# What senders call the parts of an event, in the order in which they count; without spaces and
# signs, in lower case, so that every style of writing is the same.
_NAMES: Mapping[str, tuple[str, ...]] = {
    # Not "id" or "createdAt": those of a record that is sent along, which all its events share.
    "event_id": ("eventid", "messageid"),
    "type": ("eventtype", "type", "event", "eventname"),
    "occurred_at": ("occurredat", "eventtime", "timestamp"),
    "prospect_id": ("prospectid", "pardotprospectid", "piprospectid"),
    "email": ("email", "prospectemail", "emailaddress"),
    "score": ("score", "prospectscore", "newscore"),
    "form_id": ("formid",),
    "form_name": ("formname",),
    "form_handler_id": ("formhandlerid",),
    "form_handler_name": ("formhandlername",),
    "list_id": ("listid",),
    "list_name": ("listname",),
    "email_id": ("emailid",),
    "list_email_id": ("listemailid",),
    "campaign_id": ("campaignid",),
}
_ASSETS = tuple(name for name in _NAMES if name.endswith(("_id", "_name")))[2:]
_RANK = {alias: (name, place) for name, all_ in _NAMES.items() for place, alias in enumerate(all_)}


@dataclass(frozen=True)
class Receipt:
    """What is known of a request beside its body.

    Attributes:
        source: Who sent it.
        system: Whose events the source pushes.
        received_at: When, aware.
        message_id: The ``webhook-id`` header, where there is one.
    """

    source: str
    system: System
    received_at: datetime
    message_id: str | None = None


@dataclass(frozen=True)
class Reading:
    """What the rules say about reading events.

    Attributes:
        zone: Of times without an offset.
        hot_types: Types that go first.
        hot_score: An event that tells this score goes first, too.
        hash_email: The keyed hash of a normalised address.
    """

    zone: str
    hot_types: frozenset[str]
    hot_score: int
    hash_email: Callable[[str], str]


def read_events(
    items: Sequence[Any], is_array: bool, receipt: Receipt, reading: Reading
) -> list[PushedEvent]:
    """The events of a request.

    Args:
        items: As they were sent.
        is_array: Whether they came as an array, even of one.
        receipt: The request.
        reading: The rules.

    Raises:
        Refused: At least one of them is wrong.
    """
    events, mistakes = [], []
    for place, item in enumerate(items):
        try:
            if not isinstance(item, dict):
                raise Mistake("It is not an object", "Send an object with names and values")
            read = _odoo_event if receipt.system is System.ODOO else _pardot_event
            events.append(read(item, place if is_array else None, receipt, reading))
        except Mistake as mistake:
            mistakes.append({"index": place, "cause": mistake.cause, "fix": mistake.fix})
    if not mistakes:
        return events
    if not is_array:
        told = mistakes[0]
        raise Refused(422, "event", str(told["cause"]), fix=str(told["fix"]))
    raise Refused(
        422,
        "events",
        f"{len(mistakes)} of {len(items)} events are wrong, and none was kept",
        fix="Mend or leave out the events at the named indexes, and send the others again",
        events=mistakes[:_MOST_MISTAKES],
    )


def _pardot_event(
    item: Mapping[str, Any], place: int | None, receipt: Receipt, reading: Reading
) -> PushedEvent:
    said = _named(item)
    kind = _type(said)
    score = _score(said.get("score"))
    occurred_at = sent_moment(said.get("occurred_at"), reading.zone, receipt.received_at)
    prospect_id = _prospect_id(said.get("prospect_id"))
    payload: dict[str, Any] = {
        name: value if not isinstance(value, str) else value[:_LONGEST_TEXT]
        for name in _ASSETS
        if isinstance(value := said.get(name), (str, int, float))
    }
    if score is not None:
        payload["score"] = score
    email_hash = None
    if prospect_id is None and (email := _email(said.get("email"))) is not None:
        payload["email"] = email
        email_hash = reading.hash_email(email)
    if prospect_id is None and email_hash is None and kind != EventType.TEST:
        raise Mistake("It names nobody", "Send prospectId or email")
    return PushedEvent(
        source=receipt.source,
        event_id=_event_id(said, item, place, receipt, occurred_at),
        system=receipt.system,
        type=kind,
        received_at=receipt.received_at,
        occurred_at=occurred_at,
        priority=priority_of(kind, score, reading.hot_types, reading.hot_score),
        prospect_id=prospect_id,
        email_hash=email_hash,
        payload=payload,
    )


def _odoo_event(
    item: Mapping[str, Any], place: int | None, receipt: Receipt, reading: Reading
) -> PushedEvent:
    if "_model" not in item and _named(item).get("type") == EventType.TEST:
        return _pardot_event(item, place, receipt, reading)
    column = _MODELS.get(str(item.get("_model")))
    if column is None:
        raise Mistake(
            "_model is neither crm.lead nor res.partner",
            "Set the automation rule on leads or contacts",
        )
    record = item.get("_id")
    if not isinstance(record, int) or isinstance(record, bool) or not 0 < record < _HIGHEST_ODOO_ID:
        raise Mistake("_id is not the id of a record", "Send the webhook from an automation rule")
    occurred_at = odoo_moment(item.get("write_date"), receipt.received_at)
    payload = {} if occurred_at is None else {"write_date": item["write_date"]}
    if occurred_at is None:
        event_id = _event_id({}, item, place, receipt, None)
    else:
        # Several rules may fire for one write; that is one event.
        event_id = _storable(f"{item['_model']}:{record}:{item['write_date']}")
    kind = EventType.RECORD_CHANGED
    return PushedEvent(
        source=receipt.source,
        event_id=event_id,
        system=receipt.system,
        type=kind,
        received_at=receipt.received_at,
        occurred_at=occurred_at,
        priority=priority_of(kind, None, reading.hot_types, reading.hot_score),
        lead_id=record if column == "lead_id" else None,
        partner_id=record if column == "partner_id" else None,
        payload=payload,
    )


def _named(item: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of an event under their own names; what is blank was not said."""
    said: dict[str, Any] = {}
    ranks: dict[str, int] = {}
    for key, value in item.items():
        # Short before it is remembered: a sender's words are no reason to grow.
        found = _RANK.get(_squeezed(key[:_LONGEST_ID]))
        if found is None or value is None or value == "":
            continue
        name, rank = found
        if rank == ranks.get(name) and said[name] != value:
            raise Mistake(f"{name} has two different values", "Send each field once")
        if rank <= ranks.get(name, rank):
            said[name], ranks[name] = value, rank
    return said


@lru_cache(maxsize=1024)
def _squeezed(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "").replace(" ", "")


def _type(said: Mapping[str, Any]) -> str:
    word = said.get("type")
    if not isinstance(word, str):
        raise Mistake("It has no eventType", "Send eventType, for example form_submitted")
    kind = type_of(word[:_LONGEST_TEXT])
    if kind is None:
        raise Mistake("eventType is no word", "Send a word such as form_submitted")
    return kind


def _prospect_id(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip() if isinstance(value, (int, str)) else ""
    # One of more digits than a number of 64 bits has would be refused by Pardot, and with it the
    # reading of everybody in its batch.
    digits = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    if isinstance(value, bool) or not digits:
        raise Mistake("prospectId is not a number", "Send the prospect's id in Pardot")
    if not text.strip("0"):
        raise Mistake("prospectId is zero", "Send the prospect's id in Pardot")
    return text.lstrip("0")


def _email(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and len(value) <= _LONGEST_EMAIL:
        key = email_key(value)
        if key is not None and is_valid_email(key):
            return key
    raise Mistake("email is not an address", "Send the prospect's address, or prospectId")


def _score(value: Any) -> float | int | None:
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = float(value) if len(value) <= 32 else None
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e9:
        raise Mistake("score is not a number", "Send the score as a number, or leave it out")
    return int(value) if math.floor(value) == value else value


def _event_id(
    said: Mapping[str, Any],
    item: Mapping[str, Any],
    place: int | None,
    receipt: Receipt,
    occurred_at: datetime | None,
) -> str:
    given = said.get("event_id")
    if isinstance(given, (str, int)) and not isinstance(given, bool):
        return _storable(str(given))
    if receipt.message_id:
        return _storable(receipt.message_id + ("" if place is None else f".{place}"))
    # Without a time, what is repeated within a few minutes is a repetition.
    window = int(receipt.received_at.timestamp()) // _WINDOW if occurred_at is None else 0
    text = orjson.dumps([receipt.source, item, window], option=orjson.OPT_SORT_KEYS)
    return f"sha256:{hashlib.sha256(text).hexdigest()}"


def _storable(event_id: str) -> str:
    if len(event_id) <= _LONGEST_ID and event_id.isascii() and event_id.isprintable():
        return event_id
    return f"sha256:{hashlib.sha256(event_id.encode('utf-8', 'surrogatepass')).hexdigest()}"
