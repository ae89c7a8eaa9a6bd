"""What must hold once it is quiet.

What lives here: agreement field by field, no twins, nothing said twice, every refusal heard. What
does not: what must hold all along (`watch`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pardot_odoo_pipeline.ledger.store import links
from pardot_odoo_pipeline.ledger.store.links import Link, LinkState
from pardot_odoo_pipeline.mapping.rules import Authority, BlankPolicy, Direction
from pardot_odoo_pipeline.merge.people import INHERITED
from pardot_odoo_pipeline_tests.simulation.people import LEAD, PARTNER
from pardot_odoo_pipeline_tests.simulation.watch import WATCHED, State, Watch

if TYPE_CHECKING:
    from pardot_odoo_pipeline_tests.simulation.world import World

MAIL = ("optedOut", "isDoNotEmail", "isEmailHardBounced")


def judge(site: World, watch: Watch) -> list[str]:
    """Everything that is not as promised."""
    state = watch.state
    with site.ports.ledger.read() as connection:
        known = links.by_prospects(connection, site.ids)
    return [
        *_disagreements(site, watch, known),
        *_without_records(site, state, known),
        *_twins(state),
        *_marks(state, known),
        *_refusals(site, state, known),
    ]


def _speaks(state: State, known: Mapping[str, Link], who: str) -> Link | None:
    link = known.get(who)
    speaks = link is not None and link.leads and link.state is LinkState.ACTIVE
    return link if speaks and who in state.keys else None


def _disagreements(site: World, watch: Watch, known: Mapping[str, Link]) -> Iterator[str]:
    state, mapping = watch.state, site.ports.mapping
    sources = mapping.sources()
    for who in state.keys:
        link = _speaks(state, known, who)
        if link is None:
            continue
        ids = {LEAD: link.lead_id, PARTNER: link.partner_id}
        for source in WATCHED:
            policy = mapping.policy(source)
            if policy.direction is not Direction.BOTH and policy.authority is not Authority.PARDOT:
                continue
            places = [("prospect", who, source)] + [
                (model, str(ids[model]), name)
                for model, _, name in (key.partition("/") for key in sources[source])
            ]
            for key in sources[source]:
                model, _, name = key.partition("/")
                record = state.records[model].get(ids[model] or 0)
                if record is None or key not in state.desired[who]:
                    continue
                if model == LEAD and name in INHERITED and record["partner_id"]:
                    continue
                ours, theirs = state.desired[who][key], record[name]
                if mapping.same(key, ours, theirs):
                    continue
                if policy.blank is BlankPolicy.FILL_ONLY and ours and theirs:
                    continue
                raw_phone = str(state.prospects[who]["phone"])
                if source == "phone" and not (
                    raw_phone.startswith("+") and str(theirs).startswith("+")
                ):
                    continue  # the same number means another one once the country changes
                # What Pardot makes of Odoo's value: E.164, cut, white space folded.
                if state.means(site, who, key, record):
                    continue
                if mapping.is_unset(key, ours) or mapping.is_unset(key, theirs):
                    # Emptied by somebody, and a blank does not travel; or no text for a relation.
                    raw = state.prospects[who].get(source)
                    if any(place in watch.blanked for place in places) or (
                        mapping.is_unset(key, ours) and raw
                    ):
                        continue
                yield f"{who} {key} of {ids[model]}: Pardot {ours!r}, Odoo {theirs!r}"


def _without_records(site: World, state: State, known: Mapping[str, Link]) -> Iterator[str]:
    """Living people with a valid address whom nothing in Odoo shows, though nobody deleted it."""
    with site.ports.ledger.read() as connection:
        refused = _quarantined(connection)
    for who in state.keys:
        link = known.get(who)
        if link is None and who not in refused:
            yield f"{who}: unknown to the ledger, and not in quarantine"
        elif link is not None and link.state is not LinkState.ACTIVE and who not in refused:
            yield f"{who}: alive in Pardot, {link.state.value} in the ledger"


def _quarantined(connection: Any) -> set[str]:
    from pardot_odoo_pipeline.ledger.store.review import open_quarantine

    return {entry.prospect_id for entry in open_quarantine(connection, limit=10_000)}


def _twins(state: State) -> Iterator[str]:
    for model, records in state.records.items():
        holders = Counter(
            row["x_pardot_prospect_id"] for row in records.values() if row["x_pardot_prospect_id"]
        )
        yield from (f"{who}: {n} of {model}" for who, n in holders.items() if n > 1)


def _marks(state: State, known: Mapping[str, Link]) -> Iterator[str]:
    """Records of living people are not marked as those of deleted ones."""
    for who in state.keys:
        link = _speaks(state, known, who)
        for model, record_id in (
            (LEAD, link and link.lead_id),
            (PARTNER, link and link.partner_id),
        ):
            record = state.records[model].get(record_id or 0)
            if record is not None and record["x_pardot_state"] in ("recycle_bin", "deleted"):
                yield f"{who}: alive, {model} {record_id} says {record['x_pardot_state']}"


def _refusals(site: World, state: State, known: Mapping[str, Link]) -> Iterator[str]:
    blocked = {
        row["email"]
        for row in site.admin.search_read("mail.blacklist", [["active", "=", True]], ["email"])
    }
    addresses = {
        row["email_normalized"] for records in state.records.values() for row in records.values()
    }
    refusing = {
        address
        for who, address in state.keys.items()
        if any(state.prospects[who][flag] for flag in MAIL)
    }
    # One lead, one number: who shares it is not called where any of them refuses.
    silence = {
        known[who].leader_prospect_id
        for who in state.keys
        if who in known and state.prospects[who]["isDoNotCall"]
    }
    for who, address in state.keys.items():
        if who not in known:
            continue
        row = state.prospects[who]
        refuses = [flag for flag in MAIL if row[flag]]
        # Who follows another at an address that no record has cannot be written to from Odoo: what
        # is not there is not blocked there.
        if refuses and address not in blocked and address in addresses:
            yield f"{who} {address}: {refuses} in Pardot, not blocked in Odoo"
        if address in blocked and address not in refusing:
            yield f"{who} {address}: blocked in Odoo, may be written to from Pardot"
        link = _speaks(state, known, who)
        if link is None:
            continue
        for model, record_id in ((LEAD, link.lead_id), (PARTNER, link.partner_id)):
            record = state.records[model].get(record_id or 0)
            silent = who in silence
            if record is not None and bool(record["x_pardot_do_not_call"]) != silent:
                yield f"{who} and its followers: isDoNotCall {silent}, {model} says otherwise"
