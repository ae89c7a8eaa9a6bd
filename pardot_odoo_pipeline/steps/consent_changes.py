"""Whose address was put on Odoo's blacklist, or taken off it, by somebody else.

What lives here: the blacklist's own changes against what is remembered. What does not: what becomes
of these people (`steps.consent`).

A change of the blacklist moves no `write_date` of the leads and contacts with the address: whoever
looks only at those would find it when the person is read for another reason.
"""

from __future__ import annotations

from datetime import datetime

from pardot_odoo_pipeline.ledger.store import links
from pardot_odoo_pipeline.ledger.store.links import Link, LinkState
from pardot_odoo_pipeline.odoo.changes import odoo_moment
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.steps.consent_memory import MAIL, Member, channel_part
from pardot_odoo_pipeline.steps.consent_plan import BLOCK_CELL

__all__ = ["blocks_changed"]


def blocks_changed(ports: Ports, since: datetime, until: datetime) -> list[tuple[datetime, str]]:
    """Leaders whose address is blocked or free by now, unlike what was left there.

    Costs one call of Odoo, none where the `consent` action is not provisioned. Our own blocks come
    back here too, and are no news.

    Args:
        ports: The connection and the ledger.
        since: Begin, included; it has to reach back as far as a transaction may take.
        until: End, not included.

    Returns:
        When and who, oldest first.
    """
    changes = ports.blacklist.changes(since, until)
    hashes = {ports.lookup_key.hash(change.email_key): change for change in changes}
    if not hashes:
        return []
    with ports.ledger.read() as connection:
        known = links.by_email_hashes(connection, hashes)
    return sorted(
        (odoo_moment(change.changed_at), link.prospect_id)
        for email_hash, change in hashes.items()
        for link in known.get(email_hash, ())
        if link.leads and link.state is LinkState.ACTIVE and _left_blocked(link) != change.blocked
    )


def _left_blocked(link: Link) -> bool:
    part = channel_part([Member(link.prospect_id, None, link.consent)], MAIL)
    return part.cells.get(BLOCK_CELL, False)
