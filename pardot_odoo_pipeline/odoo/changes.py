"""Who changed in Odoo: ids and versions first, values later and only where they are news.

What lives here: the first phase of a delta read. What does not: telling our own writes from others'
(`steps.changes`), and reading values (`steps.odoo_records`).

Windows are half-open in whole seconds, because 18 compares microseconds and 19 does not, and they
are paged by id: one call can give thousands of rows the same write date. Neither lead nor contact
has an index on it; a page over 66,000 rows takes 37 ms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pardot_odoo_pipeline.odoo.answer_shape import malformed
from pardot_odoo_pipeline.odoo.client import OdooClient

__all__ = ["ChangedRecord", "changed_records", "odoo_moment"]

_PAGE = 10_000
_FORMAT = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class ChangedRecord:
    """A version of a record.

    Attributes:
        record_id: Database id.
        written_at: ``write_date``: the start of the transaction that wrote it, in whole seconds.
        written_by: Database id of the user.
        prospect_id: ``x_pardot_prospect_id``, None where unset.
    """

    record_id: int
    written_at: datetime
    written_by: int | None
    prospect_id: str | None


def odoo_moment(text: str) -> datetime:
    """A time as Odoo's RPC writes it: UTC without saying so.

    Raises:
        OdooProtocolError: It is none.
    """
    try:
        return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)
    except (TypeError, ValueError):
        # Python's own would quote it.
        raise malformed("has a time that is not written as Odoo writes one") from None


def changed_records(
    client: OdooClient,
    model: str,
    since: datetime,
    until: datetime,
    *,
    domain: Sequence[Any] = (("x_pardot_prospect_id", "!=", False),),
) -> Iterator[list[ChangedRecord]]:
    """Records written in ``[since, until)``, archived ones included, a page at a time by id.

    Args:
        client: Makes the calls; one a page, and one in all where nothing changed.
        model: ``crm.lead`` or ``res.partner``.
        since: Begin, aware; cut to the second.
        until: End, aware; cut to the second.
        domain: Which records at all; those that carry a prospect's id by default.
    """
    last = 0
    window = [
        *domain,
        ("write_date", ">=", since.astimezone(UTC).strftime(_FORMAT)),
        ("write_date", "<", until.astimezone(UTC).strftime(_FORMAT)),
    ]
    while True:
        rows = client.search_read(
            model,
            [*window, ("id", ">", last)],
            ["write_date", "write_uid", "x_pardot_prospect_id"],
            order="id",
            limit=_PAGE,
            context={"active_test": False},
        )
        if rows:
            yield [_changed(model, row) for row in rows]
        if len(rows) < _PAGE:
            return
        last = rows[-1]["id"]


def _changed(model: str, row: dict[str, Any]) -> ChangedRecord:
    writer = row["write_uid"]
    if writer and not isinstance(writer, list):
        what = "has a row whose write_uid is no pair of id and name"
        raise malformed(what, model=model, method="search_read")
    return ChangedRecord(
        row["id"],
        odoo_moment(row["write_date"]),
        writer[0] if writer else None,
        row["x_pardot_prospect_id"] or None,
    )
