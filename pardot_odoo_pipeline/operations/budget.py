"""What a day's calls allow: lanes, the account's day, ceilings. Pure.

What lives here: the arithmetic of the budget. What does not: the counts (``ledger/store/quota.py``)
and asking before a call (``operations/quota.py``).

Lanes share one budget. What is less urgent has a lower ceiling on the sum of all calls, so that it
stops first; what is kept free that way serves what is more urgent, and the last part opt-outs and
erasures alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pardot_odoo_pipeline.batches import BatchKind
from pardot_odoo_pipeline.mapping.quota_rules import QuotaRules

__all__ = [
    "SMALLEST_EDITION",
    "AccountDay",
    "Ceiling",
    "Lane",
    "account_day",
    "ceiling_of",
    "lane_of",
    "limit_of",
    "room",
]

SMALLEST_EDITION = 25_000
"""What the smallest edition with an API allows; assumed until the account says more."""

MILLION = 1_000_000
"""Shares are whole millionths, so that both databases and Python compute the same."""


class Lane(StrEnum):
    """For what a call is made. The words are stored."""

    CONSENT = "consent"
    WEBHOOK = "webhook"
    INTERVAL = "interval"
    BULK = "bulk"
    INITIAL = "initial"

    @property
    def is_hot(self) -> bool:
        """Whether somebody waits for it: one place among the calls in flight is left to these."""
        return self in (Lane.CONSENT, Lane.WEBHOOK)


_LANES = {
    BatchKind.INITIAL: Lane.INITIAL,
    BatchKind.BULK: Lane.BULK,
    BatchKind.WEBHOOK: Lane.WEBHOOK,
    BatchKind.ODOO: Lane.WEBHOOK,
    BatchKind.CONSENT: Lane.CONSENT,
}


def lane_of(kind: BatchKind) -> Lane:
    """The lane that pays for a batch."""
    return _LANES.get(kind, Lane.INTERVAL)


@dataclass(frozen=True)
class AccountDay:
    """A calendar day of the account.

    Attributes:
        name: Its date, ``YYYY-MM-DD``.
        resets_at: When the next one begins and calls are counted anew, in UTC.
    """

    name: str
    resets_at: datetime


def account_day(now: datetime, zone: str) -> AccountDay:
    """The account's day at a moment; days of 23 and 25 hours included.

    Where clocks are put forward at midnight there is no 00:00: the day then begins at the first
    moment that has its date, which is the moment of the change.
    """
    local = now.astimezone(ZoneInfo(zone))
    tomorrow = datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo)
    return AccountDay(local.date().isoformat(), tomorrow.astimezone(UTC))


@dataclass(frozen=True)
class Ceiling:
    """Up to where a lane may go, in millionths of the account's limit.

    Attributes:
        ours: The sum of our calls.
        account: The sum of everybody's.
    """

    ours: int
    account: int


def ceiling_of(lane: Lane, rules: QuotaRules) -> Ceiling:
    """The ceilings of a lane."""
    share = 1.0 if lane is Lane.CONSENT else (1 - rules.reserve) * getattr(rules.lanes, lane.value)
    return Ceiling(round(share * rules.our_share * MILLION), round(share * MILLION))


def limit_of(rules: QuotaRules, reported: int | None) -> int:
    """The account's calls of a day: the smaller of what is configured and what it says."""
    known = [number for number in (rules.daily_calls, reported) if number is not None]
    return min(known, default=SMALLEST_EDITION)


def room(ceiling: Ceiling, *, limit: int, spent: int, others: int) -> int:
    """How many calls more a lane may make; the stricter of both ceilings counts.

    Args:
        ceiling: Of the lane.
        limit: The account's calls of a day.
        spent: Our calls today, of all lanes.
        others: Calls of other programs today, as far as the account's own count tells.
    """
    ours = limit * ceiling.ours // MILLION - spent
    everybody = limit * ceiling.account // MILLION - spent - others
    return max(min(ours, everybody), 0)
