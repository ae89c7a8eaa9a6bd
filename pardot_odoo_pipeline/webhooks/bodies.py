"""From the bytes of a request to the events in it, not yet understood. Pure.

What lives here: content types, JSON and form encoding, limits of depth and number. What does not:
reading from the socket (`receiver`), and what an event says (`payloads`).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import orjson

from pardot_odoo_pipeline.webhooks.refusals import Refused

__all__ = ["MOST_DEPTH", "read_items"]

MOST_DEPTH = 20
"""An event has two levels; deeper ones are an attack on whoever reads them."""

_MOST_FORM_FIELDS = 200
_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})
_FORM = "application/x-www-form-urlencoded"


def read_items(body: bytes, content_type: str, most_events: int) -> tuple[list[Any], bool]:
    """The events of a body, and whether they came as an array.

    Args:
        body: As it came.
        content_type: The header, empty where there is none.
        most_events: As many may come at once.

    Raises:
        Refused: It is of another type, broken, too deep, too much, or empty.
    """
    media_type = _media_type(content_type)
    try:
        if media_type == _FORM:
            return [_form(body)], False
        document = orjson.loads(body)
    except UnicodeDecodeError:
        raise _not_utf8() from None
    except orjson.JSONDecodeError as error:
        raise _broken(body, str(error)) from None
    # Only a body with that many brackets can be that deep.
    if body.count(b"{") + body.count(b"[") > MOST_DEPTH and _depth(document) > MOST_DEPTH:
        raise _too_deep()
    if isinstance(document, dict):
        listed = document.get("events", document.get("Events"))
        document = listed if isinstance(listed, list) else document
    if not isinstance(document, list):
        return [document], False
    if not document:
        raise Refused(422, "no_event", "The array is empty", fix="Send at least one event")
    if len(document) > most_events:
        raise Refused(
            413,
            "too_many_events",
            f"The request has {len(document)} events, more than the {most_events} that are taken",
            fix="Send several requests, or raise webhooks.max_events",
        )
    return document, True


def _media_type(header: str) -> str:
    media_type, _, parameters = header.partition(";")
    media_type = media_type.strip().lower()
    if media_type not in {_FORM, "application/json"} and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        raise Refused(
            415,
            "content_type",
            "The content type is neither JSON nor form encoding",
            fix=f"Send application/json or {_FORM}",
        )
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip(' "').lower() not in _CHARSETS:
            raise Refused(
                415,
                "charset",
                "The content type names a character set other than UTF-8",
                fix="Send UTF-8, and say so or leave the charset out",
            )
    return media_type


def _form(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FORM_FIELDS,
        )
    except UnicodeDecodeError:
        raise
    except ValueError:
        raise Refused(
            413,
            "too_many_fields",
            f"The form has more than {_MOST_FORM_FIELDS} fields",
            fix="Send the fields that the documentation names",
        ) from None
    item: dict[str, Any] = {}
    for name, value in pairs:
        if item.setdefault(name, value) != value:
            raise Refused(
                422,
                "contradiction",
                "The form gives one field several values",
                fix="Send each field once",
            )
    return item


def _depth(document: Any) -> int:
    depth, level = 0, [document]
    while level and depth <= MOST_DEPTH:
        level = [
            child
            for one in level
            if isinstance(one, (dict, list))
            for child in (one.values() if isinstance(one, dict) else one)
        ]
        depth += 1
    return depth


def _broken(body: bytes, error: str) -> Refused:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return _not_utf8()
    if "depth" in error:
        return _too_deep()
    return Refused(
        400, "not_json", "The body is not JSON", fix="Send one JSON object, or an array of them"
    )


def _not_utf8() -> Refused:
    return Refused(400, "not_utf8", "The body is not UTF-8", fix="Encode the body as UTF-8")


def _too_deep() -> Refused:
    return Refused(
        400,
        "too_deep",
        f"The body is nested more than {MOST_DEPTH} levels deep",
        fix="Send events as flat objects",
    )
