"""Whose consent counts beside a leader's, and what its addresses show in Odoo.

What lives here: who follows a leader, with what is remembered of each. What does not: what consent
decides of them (`steps.consent`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pardot_odoo_pipeline.ledger.lookup_key import LookupKey
from pardot_odoo_pipeline.ledger.store.links import Link
from pardot_odoo_pipeline.merge.leaders import Person
from pardot_odoo_pipeline.merge.matching import Candidates
from pardot_odoo_pipeline.merge.people import LEAD, PARTNER
from pardot_odoo_pipeline.steps.consent import BLOCKED, Member
from pardot_odoo_pipeline.steps.consent_memory import fingerprint

__all__ = ["is_blocked", "members_of"]


def members_of(
    leader: Mapping[str, Any],
    siblings: Collection[str],
    followers: Collection[Link],
    *,
    people: Mapping[str, Person],
    links: Mapping[str, Link],
    raws: Mapping[str, Mapping[str, Any]],
    lookup_key: LookupKey,
) -> list[Member]:
    """Everybody else who follows: those of the batch, and those only remembered.

    Args:
        leader: Its row of ``prospects_normalized``.
        siblings: The prospects of the batch that share its address.
        followers: The links that are remembered as following it.
        people: Everybody of the batch who lives, with their addresses.
        links: The links of everybody of the batch.
        raws: Pardot's own rows.
        lookup_key: Makes hashes of addresses.
    """
    own, own_key = leader["prospect_id"], leader["email_key"]
    hash_of = lookup_key.hash
    remembered = {link.prospect_id: link for link in followers}
    # Whoever was read and is none of the siblings follows another one by now.
    everybody = {*siblings, *(remembered.keys() - people.keys())}
    members = []
    for who in sorted(everybody - {own}):
        link = remembered.get(who) or links.get(who)
        key = people[who].email_key if who in people else None
        email_hash = hash_of(key) if key else link.email_hash if link else None
        there = email_hash in (None, hash_of(own_key))
        members.append(
            Member(
                who,
                raws.get(who),
                None if link is None else link.consent,
                None if there or email_hash is None else fingerprint(email_hash),
                None if there else key,
            )
        )
    return members


def is_blocked(found: Mapping[str, Candidates], email_key: str) -> bool | None:
    """Whether any record that has an address shows it as blocked; None where none has it."""
    shown = [
        bool(record.values[BLOCKED])
        for model in (LEAD, PARTNER)
        for record in found[model].of_key(email_key)
        if BLOCKED in record.values
    ]
    return any(shown) if shown else None
