"""Reading named prospects.

What lives here: prospects by their ids. What does not: reading everybody (``exports.py``) or who
changed (``changes.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pardot_odoo_pipeline.pardot.errors import PardotRequestTooLarge
from pardot_odoo_pipeline.pardot.paging import Queries, Row

__all__ = ["prospects_by_id"]

_IDS_A_CALL = 400  # the address of a call stays below 8 kB, which web servers take


def prospects_by_id(
    client: Queries, fields: Sequence[str], ids: Iterable[int], *, ids_a_call: int = _IDS_A_CALL
) -> Iterator[list[Row]]:
    """The prospects with these ids, those in the recycle bin included.

    A prospect that does not come is not there any more: deleted for good, or merged into another.

    Args:
        client: Makes the calls.
        fields: Fields to read; ``id`` is read in any case.
        ids: Whose; repetitions are read once.
        ids_a_call: How many are named in one call; fewer when the API finds that too many.
    """
    wanted = sorted(set(ids))
    columns = tuple(dict.fromkeys([*fields, "id"]))
    begin = 0
    while begin < len(wanted):
        some = wanted[begin : begin + ids_a_call]
        try:
            page = client.query(
                "prospects",
                columns,
                filters={"idList": some, "deleted": "all"},
                order_by="id",
                limit=len(some),
            )
        except PardotRequestTooLarge:
            if len(some) == 1:
                raise
            ids_a_call = max(1, len(some) // 2)
            continue
        begin += len(some)
        if page.rows:
            yield page.rows
