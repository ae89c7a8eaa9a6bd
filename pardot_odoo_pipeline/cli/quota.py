"""What `status` says of the account's calls.

What lives here: reading them from the ledger, and their lines. What does not: the counting
(`operations.quota`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pardot_odoo_pipeline.cli.console import stdout

if TYPE_CHECKING:
    import sqlalchemy as sa

    from pardot_odoo_pipeline.mapping.rules import Rules

__all__ = ["print_quota", "quota_document"]


def quota_document(connection: sa.Connection, rules: Rules, now: datetime) -> dict[str, Any]:
    """The key ``quota`` of what `status` prints."""
    from pardot_odoo_pipeline.ledger.store import call_slots
    from pardot_odoo_pipeline.ledger.store import quota as store
    from pardot_odoo_pipeline.operations.budget import Lane, account_day
    from pardot_odoo_pipeline.operations.quota import SYSTEM, left_of

    day = account_day(now, rules.account_time_zone)
    usage = store.usage(connection, SYSTEM, day.name)
    left = {lane: left_of(lane, rules.quota, usage, day, now) for lane in Lane}
    shut = usage.shut_until is not None and usage.shut_until > now
    return {
        "day": day.name,
        "resets_at": day.resets_at.isoformat(),
        "limit": left[Lane.CONSENT].limit,
        "limit_reported": usage.reported_limit is not None,
        "used": usage.spent,
        "used_by_others": usage.others,
        "reported_at": usage.reported_at.isoformat() if usage.reported_at else None,
        "refused_until": usage.shut_until.isoformat() if usage.shut_until and shut else None,
        "in_flight": call_slots.under_way(connection, SYSTEM, now),
        "lanes": {
            lane.value: {"used": usage.lanes.get(lane.value, 0), "left": left[lane].calls}
            for lane in Lane
        },
    }


def print_quota(document: Mapping[str, Any]) -> None:
    """One line for the account, one for what is left."""
    quota = document["quota"]
    assumed = "" if quota["limit_reported"] else " (assumed)"
    others = f", {quota['used_by_others']:,} by others" if quota["used_by_others"] else ""
    until = datetime.fromisoformat(quota["resets_at"]).strftime("%Y-%m-%d %H:%M UTC")
    stdout.print(
        f"calls       {quota['used']:,} of {quota['limit']:,}{assumed} today{others}; "
        f"counted anew at {until}",
        soft_wrap=True,
    )
    if quota["refused_until"]:
        when = datetime.fromisoformat(quota["refused_until"]).strftime("%H:%M UTC")
        stdout.print(f"            Pardot refused: no calls are left; asked again at {when}")
    left = ", ".join(f"{lane['left']:,} {name}" for name, lane in quota["lanes"].items())
    stdout.print(f"calls left  {left}", soft_wrap=True)
