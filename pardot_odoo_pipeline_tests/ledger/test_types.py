"""What goes into a column comes out of it, whatever the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store.cursors import Position, advance, position
from pardot_odoo_pipeline.ledger.tables import conflicts, findings

zones = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
moments = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 (hypothesis adds the zones)
    max_value=datetime(9998, 12, 31),  # noqa: DTZ001
    timezones=zones,
)
same_ledger = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@same_ledger
@given(first=moments, second=moments)
def test_times_come_back_exact_in_utc_and_in_order(ledger: Ledger, first, second) -> None:
    c = conflicts.c
    with ledger.write() as tx:
        tx.execute(sa.delete(conflicts))
        for moment in (first, second):
            tx.execute(sa.insert(conflicts).values(**row(decided_at=moment)))
        stored = tx.execute(sa.select(c.decided_at).order_by(c.decided_at)).scalars().all()
        earlier = tx.execute(sa.select(sa.func.count()).where(c.decided_at < first)).scalar()
    assert stored == sorted([first, second])
    assert all(moment.utcoffset() == timedelta(0) for moment in stored)
    assert earlier == (1 if second < first else 0)


def test_a_time_without_a_zone_is_refused_and_nothing_is_kept(ledger: Ledger, now) -> None:
    with pytest.raises(PipelineError) as caught, ledger.write() as tx:  # noqa: PT012
        advance(tx, "a", expected=None, to=Position(now), now=now)
        advance(tx, "b", expected=None, to=Position(now.replace(tzinfo=None)), now=now)
    assert caught.value.code == "naive_time"
    with ledger.read() as tx:
        assert position(tx, "a") is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@same_ledger
@given(value=json_values)
def test_personal_documents_come_back_as_they_were(ledger: Ledger, value) -> None:
    with ledger.write() as tx:
        tx.execute(sa.delete(conflicts))
        tx.execute(sa.insert(conflicts).values(**row(agreed=value)))
        assert tx.execute(sa.select(conflicts.c.agreed)).scalar() == value


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("Zoë 株式会社 🦄", "Zoë 株式会社 🦄"),
        ("nul\0byte", "nul\ufffdbyte"),
        ("half \ud83e pair", "half \ufffd pair"),
        ("", ""),
        (None, None),
    ],
)
def test_text_that_a_database_cannot_hold_is_marked_not_lost(
    ledger: Ledger, now, raw, kept
) -> None:
    seen = {f"{when}_seen_at": now for when in ("first", "last")}
    batch = {"first_batch": "b", "last_batch": "b", "last_attempt": 1}
    finding = {"prospect_id": "1", "field": "phone", "code": "phone_unparsable", "state": "open"}
    with ledger.write() as tx:
        tx.execute(sa.insert(findings).values(raw_value=raw, **finding, **batch, **seen))
        assert tx.execute(sa.select(findings.c.raw_value)).scalar() == kept


def row(**changed):
    base = {
        "prospect_id": "1",
        "field": "phone",
        "rule": "latest",
        "winner": "odoo",
        "batch_key": "b",
        "attempt": 1,
        "decided_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return base | changed
