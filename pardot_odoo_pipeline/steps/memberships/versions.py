"""Versions of the records that are tagged: our own write shall not look like somebody's edit.

What lives here: telling the links that a newer version is ours. What does not: the tags.

A tag moves the record's write date, and the next interval would read everybody who was tagged. So
the records are looked at before and after: whoever stood at the version that the ledger knows, and
was last written by us, stands at a version of ours now. An edit that falls between look and write
stays unread until the person is read for another reason; it still differs from the agreed pair, so
it is late then, and not lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from pardot_odoo_pipeline.ledger.store import links
from pardot_odoo_pipeline.ledger.store.activity_numbers import VersionMove, move_versions
from pardot_odoo_pipeline.ledger.store.sql import chunks
from pardot_odoo_pipeline.odoo.changes import odoo_moment
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER
from pardot_odoo_pipeline.steps.batch import RunningBatch

__all__ = ["OwnVersions"]

_AT_A_TIME = 5_000
_KINDS = ((LEAD, "lead"), (PARTNER, "partner"))


class OwnVersions:
    """The records about to be tagged that stand as the ledger knows them.

    Args:
        batch: The batch.
        records: Model to the records that will be written.
    """

    def __init__(self, batch: RunningBatch, records: Mapping[str, Iterable[int]]) -> None:
        self._batch = batch
        self._clean: dict[tuple[str, int], tuple[str, datetime]] = {}
        for model, kind in _KINDS:
            ids = sorted(set(records.get(model, ())))
            with batch.ports.ledger.read() as connection:
                known = links.seen_versions(connection, f"{kind}_id", ids)
            for record_id, written_at, _ in self._look(model, ids):
                if record_id not in known:
                    continue
                link = known[record_id][0]
                version = link.lead_version if model == LEAD else link.partner_version
                if version == written_at:
                    self._clean[model, record_id] = (link.prospect_id, version)

    def move(self) -> None:
        """Tell the links of those that only we have written since."""
        moves: list[VersionMove] = []
        for model, kind in _KINDS:
            ids = [record_id for m, record_id in self._clean if m == model]
            for record_id, written_at, writer in self._look(model, ids):
                prospect_id, before = self._clean[model, record_id]
                if writer == self._batch.ports.odoo.uid and written_at > before:
                    moves.append(VersionMove(prospect_id, kind, before, written_at))
        if moves:
            with self._batch.ports.ledger.write() as connection:
                move_versions(connection, moves)

    def _look(self, model: str, ids: Iterable[int]) -> Iterator[tuple[int, datetime, int | None]]:
        for some in chunks(ids, _AT_A_TIME):
            rows = self._batch.ports.odoo.search_read(
                model,
                [("id", "in", some)],
                ["write_date", "write_uid"],
                context={"active_test": False},
            )
            for row in rows:
                writer = row["write_uid"]
                yield row["id"], odoo_moment(row["write_date"]), writer[0] if writer else None
