"""Two processes make an account's first calls of a day at the same time: both are counted."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import quota

DAY = "2026-03-29"


def spend(connection: sa.Connection, now: datetime) -> bool:
    allowance = quota.Allowance(
        assumed=100,
        cap=None,
        ours=1_000_000,
        account=1_000_000,
        ask_again=now - timedelta(minutes=5),
    )
    return quota.spend(connection, "pardot", DAY, "bulk", allowance=allowance, now=now)


# SQLite has one writer at a time; there the second one finds the day begun.
@pytest.mark.postgres
@pytest.mark.parametrize("address", ["postgres"], indirect=True)
def test_whoever_comes_second_to_a_new_day_is_not_refused(
    ledger: Ledger, address: str, now: datetime
) -> None:
    def second() -> bool:
        with open_ledger(address) as other, other.write() as connection:
            return spend(connection, now)

    with ThreadPoolExecutor(1) as pool, ledger.read() as looking:
        with ledger.write() as connection:
            assert spend(connection, now)
            waiting = pool.submit(second)
            blocked = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            limit = time.monotonic() + 30
            while looking.execute(blocked).scalar() == 0:
                assert time.monotonic() < limit, "the second never came to wait for the first"
        assert waiting.result(30)
    with ledger.read() as connection:
        assert quota.usage(connection, "pardot", DAY).spent == 2
