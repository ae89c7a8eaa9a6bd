"""The account's calls, shared by all processes: leave for each one, counted before it leaves.

What lives here: the gate of the Pardot client that counts in the ledger, and what of the day is
left. What does not: the arithmetic (`operations.budget`), the statements (`ledger.store.quota`,
`ledger.store.call_slots`) and what a batch does that got no leave (`run_batch`).

One transaction a call takes its place and its share of the budget, another gives the place back
and notes what the answer said of everybody's calls. Together they cost one to two milliseconds, a
call some tens of them; in exchange the count is exact whatever is killed when.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pardot_odoo_pipeline.clock import Clock
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import call_slots
from pardot_odoo_pipeline.ledger.store import quota as store
from pardot_odoo_pipeline.ledger.store.quota import Allowance, DayUsage
from pardot_odoo_pipeline.mapping.quota_rules import QuotaRules
from pardot_odoo_pipeline.operations.budget import (
    SMALLEST_EDITION,
    AccountDay,
    Lane,
    account_day,
    ceiling_of,
    limit_of,
    room,
)
from pardot_odoo_pipeline.operations.call_breaker import CallBreaker
from pardot_odoo_pipeline.pardot.answers import ApiUsage
from pardot_odoo_pipeline.pardot.errors import PardotQuotaExceeded
from pardot_odoo_pipeline.pardot.gate import PATIENCE, Ending, no_place

__all__ = ["SYSTEM", "CallBudget", "Left"]

SYSTEM = "pardot"

_SERVER_LONGEST = timedelta(seconds=180)
"""After that the other side has given a call up, whatever became of its caller."""

_AFTER_A_GATEWAY = timedelta(seconds=30)
"""A gateway gives up when the server is about to."""

_ASK_AGAIN = timedelta(minutes=15)
"""So old a report counts no more: the account's day may have ended where we do not expect it."""

_SHUT_FOR = timedelta(hours=1)
"""A refused day is tried again after that: its end may be another than our settings say."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.25


class _Busy(Exception):
    """No place is free; what was counted is taken back."""


@dataclass(frozen=True)
class Left:
    """What a lane may still do today.

    Attributes:
        lane: The lane.
        limit: The account's calls of a day, as far as known.
        spent: Our calls today, of all lanes.
        others: Those of other programs, as far as the account tells.
        calls: What is left to this lane.
        resets_at: When the account's next day begins.
    """

    lane: Lane
    limit: int
    spent: int
    others: int
    calls: int
    resets_at: datetime


class CallBudget:
    """Gives out gates to the account, for one purpose each.

    Args:
        ledger: Where all processes count.
        clock: Tells the time.
        rules: What is ours of the account's calls.
        zone: The account's time zone.
        worker_id: Who asks.

    Attributes:
        begins: Whether no answer told yet how things stand.
    """

    def __init__(
        self, ledger: Ledger, clock: Clock, rules: QuotaRules, zone: str, worker_id: str
    ) -> None:
        self.ledger = ledger
        self.clock = clock
        self.rules = rules
        self.zone = zone
        # Whoever begins asks how things stand now, whatever was told before: a person who had the
        # limit raised need not wait.
        self.begins = True
        self._holders = (f"{worker_id}#{number}" for number in itertools.count(1))

    def gate(self, lane: Lane, breaker: CallBreaker | None = None) -> LedgerGate:
        """The gate of a purpose.

        Args:
            lane: Which part of the budget pays.
            breaker: Counts the calls of one batch.
        """
        return LedgerGate(self, lane, breaker)

    def next_holder(self) -> str:
        """A name that nobody else ever takes a place under."""
        return next(self._holders)

    def day(self, now: datetime) -> AccountDay:
        """The account's day at that moment."""
        return account_day(now, self.zone)

    def left(self, lane: Lane) -> Left:
        """What a lane may still do today."""
        now = self.clock.now()
        day = self.day(now)
        with self.ledger.read() as connection:
            usage = store.usage(connection, SYSTEM, day.name)
        return left_of(lane, self.rules, usage, day, now)


def left_of(lane: Lane, rules: QuotaRules, usage: DayUsage, day: AccountDay, now: datetime) -> Left:
    """What a lane may still do on a day of which this much is known."""
    limit = limit_of(rules, usage.reported_limit)
    calls = room(ceiling_of(lane, rules), limit=limit, spent=usage.spent, others=usage.others)
    if usage.shut_until is not None and usage.shut_until > now:
        calls = 0
    return Left(lane, limit, usage.spent, usage.others, calls, day.resets_at)


class LedgerGate:
    """Asks the ledger before every call. Safe to share between threads.

    Args:
        budget: Whose calls.
        lane: Which part of it pays.
        breaker: Counts the calls of one batch.
    """

    def __init__(self, budget: CallBudget, lane: Lane, breaker: CallBreaker | None) -> None:
        self._budget = budget
        self._lane = lane
        self._breaker = breaker

    def enter(self, method: str, path: str) -> LedgerPassage:
        """See `pardot.gate.CallGate.enter`."""
        if self._breaker is not None:
            self._breaker.count(method, path)
        for _ in self._until_free():
            now = self._budget.clock.now()
            day = self._budget.day(now)
            holder = self._budget.next_holder()
            try:
                spent = self._take(holder, day, now)
            except _Busy:
                continue
            if not spent:
                raise self._refusal(day, now)
            return LedgerPassage(self._budget, self._lane, holder, day, now)
        raise no_place()

    def _take(self, holder: str, day: AccountDay, now: datetime) -> bool:
        """Count the call and take a place, or neither; whether the budget has the call."""
        rules = self._budget.rules
        ceiling = ceiling_of(self._lane, rules)
        allowance = Allowance(
            SMALLEST_EDITION,
            rules.daily_calls,
            ceiling.ours,
            ceiling.account,
            now if self._budget.begins else now - _ASK_AGAIN,
            asks_anyway=self._budget.begins,
        )
        lane = self._lane.value
        with self._budget.ledger.write() as connection:
            if not store.spend(connection, SYSTEM, day.name, lane, allowance=allowance, now=now):
                return False
            taken = call_slots.take(
                connection,
                SYSTEM,
                holder,
                places=self._places,
                lane=lane,
                now=now,
                until=now + _SERVER_LONGEST,
            )
            if not taken:
                raise _Busy
        return True

    @property
    def _places(self) -> int:
        """One is left to what somebody waits for."""
        places = self._budget.rules.max_in_flight
        return places if self._lane.is_hot else max(places - 1, 1)

    def _until_free(self) -> Iterator[None]:
        """Once now, then each time that a place may be free."""
        waited, pause = 0.0, _FIRST_PAUSE
        clock, ledger = self._budget.clock, self._budget.ledger
        yield
        while waited < PATIENCE:
            clock.sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, _LONGEST_PAUSE)
            with ledger.read() as connection:
                free = call_slots.is_free(connection, SYSTEM, places=self._places, now=clock.now())
            if free:
                yield

    def _refusal(self, day: AccountDay, now: datetime) -> PardotQuotaExceeded:
        """Why there was no leave, and when there will be."""
        with self._budget.ledger.read() as connection:
            usage = store.usage(connection, SYSTEM, day.name)
        rules = self._budget.rules
        return refusal(left_of(self._lane, rules, usage, day, now), usage, rules, now)


def refusal(left: Left, usage: DayUsage, rules: QuotaRules, now: datetime) -> PardotQuotaExceeded:
    """The error for a call that the budget does not have."""
    lane, until = left.lane, left.resets_at
    ours = left.limit * ceiling_of(lane, rules).ours // 1_000_000
    if usage.shut_until is not None and usage.shut_until > now:
        cause = "Pardot's calls of today are used up, as it said itself"
        fix = "by itself then; other programs may use fewer, or have the limit raised"
        lane_alone, until = False, min(until, usage.shut_until)
    elif left.limit == 0:
        cause = "The account has no API calls at all (a limit of 0 a day)"
        fix = "with an edition of Account Engagement that includes the API; the rules file's "
        fix += "quota.daily_calls must not be 0"
        lane_alone = False
    else:
        who = f"{left.spent:,} are ours, {left.others:,} those of other programs"
        cause = (
            f"The part of today's {left.limit:,} calls to Pardot that is for {_WORDS[lane]} is "
            f"used up ({who})"
        )
        fix = "by itself then; quota.our_share and quota.lanes in the rules file set the parts"
        lane_alone = lane is not Lane.CONSENT
        if left.spent < ours:
            # What others spent is an old tale after a while.
            until = min(until, (usage.reported_at or now) + _ASK_AGAIN)
    error = PardotQuotaExceeded(
        f"{cause}; the account's day ends at {left.resets_at:%Y-%m-%d %H:%M} UTC",
        fix=f"Nothing to do: work goes on {fix}" if left.limit else f"It works {fix}",
        code="lane_spent" if lane_alone else "quota_spent",
    )
    error.until = max(until, now)
    return error


_WORDS = {
    Lane.CONSENT: "opt-outs and erasures",
    Lane.WEBHOOK: "pushed events",
    Lane.INTERVAL: "interval batches, retries and named people",
    Lane.BULK: "lists and activities",
    Lane.INITIAL: "the initial sync",
}


@dataclass
class LedgerPassage:
    """One call that got its leave.

    Attributes:
        budget: Of whose budget.
        lane: Which part of it pays.
        holder: The name of its place.
        day: The account's day that it counts for.
        taken_at: When it got its leave, or showed last that it goes on.
    """

    budget: CallBudget
    lane: Lane
    holder: str
    day: AccountDay
    taken_at: datetime

    def keep(self) -> None:
        """See `pardot.gate.Passage.keep`."""
        now = self.budget.clock.now()
        if now - self.taken_at < _SERVER_LONGEST / 3:
            return
        self.taken_at = now
        with self.budget.ledger.write() as connection:
            call_slots.keep(connection, SYSTEM, self.holder, until=now + _SERVER_LONGEST)

    def leave(self, ending: Ending, usage: ApiUsage | None = None) -> datetime | None:
        """See `pardot.gate.Passage.leave`."""
        until = None
        # A ledger that fails now must not hide what the call came to: the place comes free by
        # itself, and the next answer tells the usage again.
        with contextlib.suppress(PipelineError), self.budget.ledger.write() as connection:
            if usage is not None:
                self.budget.begins = False
                store.told(
                    connection,
                    SYSTEM,
                    self.day.name,
                    used=usage.used,
                    maximum=usage.maximum,
                    now=self.taken_at,
                )
            match ending:
                case Ending.NEVER_SENT:
                    store.give_back(connection, SYSTEM, self.day.name, self.lane.value)
                case Ending.SPENT:
                    until = min(self.day.resets_at, self.taken_at + _SHUT_FOR)
                    store.shut(connection, SYSTEM, self.day.name, until=until, now=self.taken_at)
                case Ending.GIVEN_UP:
                    longer = self.budget.clock.now() + _AFTER_A_GATEWAY
                    call_slots.keep(connection, SYSTEM, self.holder, until=longer)
                    return None
                case Ending.LOST:
                    return None
            call_slots.release(connection, SYSTEM, self.holder)
        return until
