"""Records that are there and not shown: a rule of Odoo hides them from the pipeline's user.

What lives here: telling them from those that are gone. What does not: what becomes of the people
behind them (`steps.deciding`).

A search leaves both out. Read by its id, a record that is gone is left out again, while one that a
rule hides is refused, and with it the whole call: so a refused call is halved until the hidden ones
are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooAccessError

__all__ = ["hidden_records"]

_AT_A_TIME = 1_000
_MOST_CALLS = 100
"""For so many calls it is told one by one; beyond, a whole part counts as hidden: nothing follows
from that but waiting."""


def hidden_records(client: OdooClient, model: str, ids: Iterable[int]) -> set[int]:
    """Those of the records, none of which a search found, that are there all the same."""
    wanted = sorted(set(ids))
    parts: list[Sequence[int]] = [
        wanted[start : start + _AT_A_TIME] for start in range(0, len(wanted), _AT_A_TIME)
    ]
    hidden: set[int] = set()
    calls = 0
    while parts:
        part = parts.pop()
        if calls >= _MOST_CALLS:
            hidden.update(part)
            continue
        calls += 1
        try:
            # Whoever is read now has come into sight since.
            hidden.update(row["id"] for row in client.read(model, part, ["write_date"]))
        except OdooAccessError:
            if len(part) == 1:
                hidden.update(part)
            else:
                middle = len(part) // 2
                parts += [part[middle:], part[:middle]]
    return hidden
