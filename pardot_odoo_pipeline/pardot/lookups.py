"""Reading named records.

What lives here: records by their ids, in few calls. What does not: reading everybody
(``exports.py``) or who changed (``changes.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pardot_odoo_pipeline.pardot.errors import PardotRequestTooLarge
from pardot_odoo_pipeline.pardot.paging import Queries, Row

__all__ = ["IDS_A_CALL", "NamedProspects", "prospects_by_id", "rows_by_id"]

IDS_A_CALL = 400  # the address of a call stays below 8 kB, which web servers take


def rows_by_id(
    client: Queries,
    name: str,
    fields: Sequence[str],
    ids: Iterable[int],
    *,
    with_deleted: bool = True,
    ids_a_call: int = IDS_A_CALL,
) -> Iterator[list[Row]]:
    """The records of a collection with these ids, in the order of ids.

    Args:
        client: Makes the calls.
        name: Collection, such as ``prospects``.
        fields: Fields to read; ``id`` is read in any case.
        ids: Whose; repetitions are read once.
        with_deleted: Those in the recycle bin, too; collections without one refuse the question.
        ids_a_call: How many are named in one call; fewer when the API finds that too many.
    """
    wanted = sorted(set(ids))
    columns = tuple(dict.fromkeys([*fields, "id"]))
    begin = 0
    while begin < len(wanted):
        some = wanted[begin : begin + ids_a_call]
        filters: dict[str, Any] = {"idList": some}
        if with_deleted:
            filters["deleted"] = "all"
        try:
            page = client.query(name, columns, filters=filters, order_by="id", limit=len(some))
        except PardotRequestTooLarge:
            if len(some) == 1:
                raise
            ids_a_call = max(1, len(some) // 2)
            continue
        begin += len(some)
        if page.rows:
            yield page.rows


class NamedProspects:
    """Pages of the prospects asked for; once they are read, who of them did not come.

    Attributes:
        missing: Ids that have not come yet; at the end those of prospects who are not there any
            more: deleted for good, or merged into another. Reads lag behind writes by up to 60
            seconds, so one created just before may be among them.
    """

    def __init__(
        self, client: Queries, fields: Sequence[str], ids: Iterable[int], ids_a_call: int
    ) -> None:
        self._client = client
        self._fields = tuple(fields)
        self._ids = frozenset(ids)
        self._ids_a_call = ids_a_call
        self.missing = set(self._ids)

    def __iter__(self) -> Iterator[list[Row]]:
        pages = rows_by_id(
            self._client, "prospects", self._fields, self._ids, ids_a_call=self._ids_a_call
        )
        for rows in pages:
            self.missing.difference_update(int(row["id"]) for row in rows)
            yield rows


def prospects_by_id(
    client: Queries, fields: Sequence[str], ids: Iterable[int], *, ids_a_call: int = IDS_A_CALL
) -> NamedProspects:
    """The prospects with these ids, those in the recycle bin included.

    Args:
        client: Makes the calls.
        fields: Fields to read; ``id`` is read in any case.
        ids: Whose; repetitions are read once.
        ids_a_call: How many are named in one call; fewer when the API finds that too many.
    """
    return NamedProspects(client, fields, ids, ids_a_call)
