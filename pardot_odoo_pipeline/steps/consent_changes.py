"""Whose consent changed where the reading of people alone would not find it.

What lives here: the blacklist's own changes, and opt-outs of people whose leader was not read,
against what is remembered. What does not: what becomes of these people (`steps.consent`).

A change of the blacklist moves no `write_date` of the leads and contacts with the address: whoever
looks only at those would find it when the person is read for another reason.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import datetime

import pandas as pd

from pardot_odoo_pipeline.batches import ConsentScope, IdsScope, Scope
from pardot_odoo_pipeline.ledger.store import cursors, links
from pardot_odoo_pipeline.ledger.store.links import Link, LinkState
from pardot_odoo_pipeline.odoo.changes import odoo_moment
from pardot_odoo_pipeline.pardot.changes import changed_prospects
from pardot_odoo_pipeline.pardot.paging import Position, Row
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.clocks import ahead_of, standing_there
from pardot_odoo_pipeline.steps.consent_memory import (
    BLOCK_CELL,
    FLAGS,
    Member,
    address_part,
    fingerprint,
)

__all__ = ["CONSENT_CURSOR", "blocks_changed", "opt_outs_changed", "unheard"]

CONSENT_CURSOR = "pardot_consent"
"""How far Pardot was asked for opt-outs alone; the cursors of changes stay where they are."""

_MOST_LOOKED_AT = 5_000
"""Changed prospects of one look at opt-outs, a thousand a call; the next one goes on there."""


def blocks_changed(ports: Ports, since: datetime, until: datetime) -> list[tuple[datetime, str]]:
    """People whose address is blocked or free by now, unlike what was left there.

    Consent is decided with their leader, who comes with them.

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
    news: set[tuple[datetime, str]] = set()
    for email_hash, change in hashes.items():
        holders = [one for one in known.get(email_hash, ()) if one.state is LinkState.ACTIVE]
        if _left_blocked(holders, fingerprint(email_hash)) == change.blocked:
            continue
        leading = [link for link in holders if link.leads]
        for link in leading or holders:
            whom = {link.prospect_id, link.leader_prospect_id or link.prospect_id}
            news.update((odoo_moment(change.changed_at), who) for who in whom)
    return sorted(news)


def opt_outs_changed(batch: RunningBatch, scope: ConsentScope) -> list[str]:
    """Whose opt-out is news on either side; nothing else of anybody is looked at.

    People whom the ledger does not know yet are not among them: nobody writes to them from Odoo.
    """
    ports = batch.ports
    found = dict.fromkeys(who for _, who in blocks_changed(ports, scope.since_blocks, scope.until))
    with ports.ledger.read() as connection:
        seen = cursors.position(connection, CONSENT_CURSOR)
    inside = seen is not None and seen.tie and seen.time == scope.since_updated
    reading = changed_prospects(
        ports.pardot,
        ["id", *sorted(FLAGS)],
        updated_since=Position(scope.since_updated, seen.tie if seen and inside else 0),
        until=scope.until,
        max_people=_MOST_LOOKED_AT,
    )
    for page in reading:
        found |= dict.fromkeys(_with_news(ports, page))
    reached = reading.updated_to
    assert reached is not None
    end = cursors.Position(reached.at, reached.id)
    if reading.is_complete:  # which is known in our time
        end = cursors.Position(standing_there(reached.at, ahead_of(ports.pardot, ports.clock)))
    if seen is None or end > seen:
        batch.cursors[CONSENT_CURSOR] = (seen, end)
    return list(found)[: ports.rules.batch_size]


def _with_news(ports: Ports, page: Sequence[Row]) -> list[str]:
    """Those whose flags are others than the ledger remembers, with their leaders."""
    with ports.ledger.read() as connection:
        known = links.by_prospects(connection, [str(row["id"]) for row in page])
    news: list[str] = []
    for row in page:
        who = str(row["id"])
        link = known.get(who)
        if link is None or link.state is not LinkState.ACTIVE:
            continue
        memory = link.consent
        if Member(who, row, memory).flags != Member(who, None, memory).flags:
            news += [link.leader_prospect_id or who, who]
    return news


def _left_blocked(holders: Sequence[Link], at: str) -> bool:
    members = [Member(link.prospect_id, None, link.consent) for link in holders]
    return address_part(members, at, members).cells.get(BLOCK_CELL, False)


def unheard(
    scope: Scope,
    raw: pd.DataFrame,
    leaders: Mapping[str, str],
    read: Container[str],
    known: Mapping[str, Link],
    hashes: Mapping[str, str],
) -> list[str]:
    """Followers whose consent is news, and their leaders, who are not of this batch.

    Consent of an address is decided with its leader; until a batch reads both, an opt-out that a
    follower set, or brought along to a new address, would not be heard.

    Args:
        scope: Of the batch.
        raw: ``pardot_prospects_raw``.
        leaders: Everybody's leader.
        read: Who is of this batch.
        known: The ledger's links.
        hashes: Of the addresses that followers have now.
    """
    asked = scope.prospect_ids if isinstance(scope, IdsScope) else ()
    away = {
        follower: leader
        for follower, leader in leaders.items()
        # A leader who was asked for and is not there would be asked for forever.
        if leader not in read and leader not in asked
    }
    news: list[str] = []
    if not away:
        return news
    for row in rows(raw[raw["id"].isin(list(away))]):
        who = row["id"]
        link = known.get(who)
        memory = None if link is None else link.consent
        moved = link is None or (link.leader_prospect_id, link.email_hash) != (
            away[who],
            hashes[who],
        )
        if moved or Member(who, row, memory).flags != Member(who, None, memory).flags:
            news += [away[who], who]
    return news
