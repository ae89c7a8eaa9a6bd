"""The tags themselves: one of contacts for every list, one of leads where a lead needs it.

What lives here: seeing that they are in Odoo as the lists are in Pardot, and remembering them. What
does not: the calls (`odoo.tags`) and who carries a tag (`steps.memberships.load`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from pardot_odoo_pipeline.ledger.store import list_tags, memberships
from pardot_odoo_pipeline.ledger.store.list_tags import LEAD, PARTNER, RecordTag
from pardot_odoo_pipeline.ledger.store.memberships import PardotList
from pardot_odoo_pipeline.merge.memberships import tag_names
from pardot_odoo_pipeline.odoo.tagged_records import records_with
from pardot_odoo_pipeline.odoo.tags import (
    Category,
    CategoryWish,
    keep_categories,
    keep_lead_tags,
)
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.memberships import hand_edits

__all__ = ["contact_tags", "lead_tags"]

_Lists = dict[int, PardotList]


def contact_tags(
    batch: RunningBatch, lists: Mapping[int, PardotList], found: Mapping[int, Category]
) -> _Lists:
    """See that every list has its category under its name; the lists with these.

    Args:
        batch: The batch.
        lists: Every list by id.
        found: The categories that are there.

    Raises:
        OdooError: Odoo refuses or does not answer.
    """
    ports = batch.ports
    hand_edits.begin(batch, PARTNER)
    names = _names(lists)
    wishes = {
        n: CategoryWish(names.get(n, one.name), one.category_id, one.is_live)
        for n, one in lists.items()
        if one.is_live or one.category_id is not None
    }
    kept = keep_categories(ports.odoo, ports.rules.lists.parent, wishes, found)
    if kept.made:
        made = {kept.ids[n]: n for n in kept.made}
        carried = [
            RecordTag(PARTNER, made[tag_id], record.record_id)
            for record in records_with(ports.odoo, PARTNER, list(made))
            for tag_id in record.tag_ids
            if tag_id in made
        ]
        with ports.ledger.write() as connection:
            for tag_id, n in made.items():
                memberships.remember_tags(connection, n, category_id=tag_id)
            # Who lost the ledger finds its tags by their external ids, and whoever carries them.
            list_tags.remember(connection, carried, batch_key=batch.key, now=ports.clock.now())
    return {n: replace(one, category_id=kept.ids.get(n)) for n, one in lists.items()}


def lead_tags(
    batch: RunningBatch, lists: Mapping[int, PardotList], needed: Collection[int]
) -> _Lists:
    """See that these lists have a tag of leads, and that those that have one follow their names.

    Raises:
        OdooError: Odoo refuses or does not answer.
    """
    ports = batch.ports
    prefix = ports.rules.lists.lead_prefix
    names = {n: f"{prefix}{name}" for n, name in _names(lists).items()}
    renamed = {
        n
        for n, name in names.items()
        if lists[n].lead_tag_id is not None
        and lists[n].lead_tag_name not in (name, f"{name} ({n})")
    }
    wanted = sorted((set(needed) & set(names)) | renamed)
    if not wanted:
        return dict(lists)
    hand_edits.begin(batch, LEAD)
    kept = keep_lead_tags(ports.odoo, {n: (names[n], lists[n].lead_tag_id) for n in wanted})
    with ports.ledger.write() as connection:
        for n, (tag_id, name) in kept.items():
            memberships.remember_tags(connection, n, lead_tag_id=tag_id, lead_tag_name=name)
            if lists[n].lead_tag_id not in (None, tag_id):
                list_tags.forget_list(connection, LEAD, n)
    return {
        n: replace(one, lead_tag_id=kept[n][0]) if n in kept else one for n, one in lists.items()
    }


def _names(lists: Mapping[int, PardotList]) -> dict[int, str]:
    return tag_names({n: one.name for n, one in lists.items() if one.is_live})
