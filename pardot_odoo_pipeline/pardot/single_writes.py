"""Writing one prospect: its fields, then its lists.

What lives here: the calls of one person. What does not: many at once (``prospect_writes.py``).

Every one of these calls may be made twice: a lost answer is asked for again. Only what the server
took too long for is left in doubt, since it may still be at it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pardot_odoo_pipeline.pardot.answers import Answer
from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.errors import PardotError
from pardot_odoo_pipeline.pardot.list_changes import add_to_list, remove_from_list
from pardot_odoo_pipeline.pardot.prospect_results import (
    ProspectResult,
    ProspectStatus,
    ProspectWrite,
    refused,
)
from pardot_odoo_pipeline.pardot.stretches import row_time
from pardot_odoo_pipeline.pardot.value_forms import json_values

__all__ = ["UNFIT_VALUE", "calls_of", "write_one"]

UNFIT_VALUE = "unfit_value"
"""Code of a refusal that needed no call: the API has no form for such a value."""

_PROSPECTS = "/api/v5/objects/prospects"


class _UnfitValueError(Exception):
    pass


def calls_of(wish: ProspectWrite) -> int:
    """How many calls ``write_one`` makes."""
    fields = 1 if wish.values or wish.prospect_id is None else 0
    return fields + len(set(wish.add_to_lists)) + 2 * len(set(wish.remove_from_lists))


def write_one(
    client: PardotClient, wish: ProspectWrite, read_back: Sequence[str]
) -> ProspectResult:
    """Write one prospect; its lists come last, for they start what reads the fields.

    Args:
        client: Makes the calls.
        wish: What is wanted.
        read_back: Fields to return beside the written ones.

    Raises:
        PardotError: The failure is not about this prospect.
    """
    try:
        result = _fields(client, wish, read_back)
    except PardotError as error:
        return refused(wish, error)
    except _UnfitValueError:
        return ProspectResult(wish.key, ProspectStatus.REFUSED, wish.prospect_id, code=UNFIT_VALUE)
    person = result.prospect_id
    if person is None:
        return result
    try:
        for list_id in dict.fromkeys(wish.add_to_lists):
            add_to_list(client, list_id, person)
        for list_id in dict.fromkeys(wish.remove_from_lists):
            remove_from_list(client, list_id, person)
    except PardotError as error:
        denial = refused(wish, error)
        return replace(result, status=denial.status, code=denial.code)
    return result


def _fields(client: PardotClient, wish: ProspectWrite, read_back: Sequence[str]) -> ProspectResult:
    names = list(dict.fromkeys(["id", "updatedAt", *wish.values, *read_back]))
    try:
        values = json_values(wish.values)
    except (TypeError, ValueError):
        raise _UnfitValueError from None
    if wish.prospect_id is None:
        return _upsert(client, wish, values, names)
    if not values:
        return ProspectResult(wish.key, ProspectStatus.WRITTEN, wish.prospect_id)
    row = client.update("prospects", wish.prospect_id, values, names, repeatable=True)
    status = ProspectStatus.WRITTEN if row.get("updatedAt") else ProspectStatus.UNCONFIRMED
    return _told(wish, status, wish.prospect_id, row)


def _upsert(
    client: PardotClient, wish: ProspectWrite, values: dict[str, Any], names: list[str]
) -> ProspectResult:
    body = {
        "matchEmail": wish.email,
        "prospect": {"email": wish.email, **values},
        "fields": names,
        "secondaryDeletedSearch": False,
    }
    answer = client.transport.call(
        "POST", f"{_PROSPECTS}/do/upsertLatestByEmail", body=body, repeatable=True, patient=False
    )
    row = answer.body if isinstance(answer.body, dict) else {}
    place = _located(answer)
    person = int(row["id"]) if row.get("id") else place
    is_new = answer.status == 201 or place is not None
    status = ProspectStatus.CREATED if is_new else ProspectStatus.WRITTEN
    if person is None:
        status = ProspectStatus.UNCONFIRMED
    return _told(wish, status, person, row)


def _told(
    wish: ProspectWrite, status: ProspectStatus, person: int | None, row: dict[str, Any]
) -> ProspectResult:
    version = row_time(row, "updatedAt") if row.get("updatedAt") else None
    return ProspectResult(wish.key, status, person, version, row or None)


def _located(answer: Answer) -> int | None:
    """The id in the address of a created record, all that a caller without read access gets."""
    found = re.search(r"/prospects/(\d+)$", answer.location or "")
    return int(found[1]) if found else None
