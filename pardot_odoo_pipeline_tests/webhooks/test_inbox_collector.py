"""What a scrape shows of the ledger, read back by the parser of the client library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from pardot_odoo_pipeline.cli.processes import free_port
from pardot_odoo_pipeline.ledger.desks import quota
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import call_counts, inbox, incidents
from pardot_odoo_pipeline.ledger.store.call_counts import CallCount
from pardot_odoo_pipeline.pushed_events import Note, PushedEvent, System
from pardot_odoo_pipeline.webhooks.inbox_collector import InboxCollector
from pardot_odoo_pipeline_tests.ledgers import NOW, done, opened

SECOND = timedelta(seconds=1)
PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
CANARIES = ("canary", "4711007", "meeting_booked")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger.sqlite") as made:
        yield made


def registered(ledger: Ledger, **options: float) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(InboxCollector(ledger, lambda: NOW, **options))
    return registry


def scraped(registry: CollectorRegistry) -> dict[str, float]:
    """Sample, printed with its labels, to value."""
    return {
        sample.name + "".join(f" {k}={v}" for k, v in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for sample in family.samples
    }


def pushed(number: int, kind: str = "form_submitted", source: str = "salesforce") -> PushedEvent:
    received = NOW - timedelta(seconds=100 - number)
    return PushedEvent(
        source,
        f"canary-{number}",
        System.PARDOT,
        kind,
        received,
        occurred_at=received - 10 * SECOND,
        prospect_id="4711007",
        email_hash="canary",
        payload={"email": "canary@example.com"},
    )


def test_an_empty_ledger_has_its_gauges_at_zero(ledger: Ledger) -> None:
    found = scraped(registered(ledger))
    assert found["pardot_odoo_ledger_up"] == 1
    assert found["pardot_odoo_warm_worker_up"] == 0
    assert found["pardot_odoo_inbox_events state=waiting"] == 0
    assert found["pardot_odoo_inbox_oldest_waiting_seconds"] == 0
    assert found["pardot_odoo_inbox_day_closed_events note=not_seen"] == 0
    assert found["pardot_odoo_batches state=failed"] == 0
    assert found["pardot_odoo_retries state=suspended"] == 0


def test_every_figure_of_a_busy_inbox(ledger: Ledger) -> None:
    events = [
        *(pushed(number) for number in range(1, 11)),
        pushed(20, kind="meeting_booked", source="website"),
        pushed(30, source="website"),
    ]
    with ledger.write() as tx:
        inbox.store(tx, events)
        taken = inbox.waiting(tx, now=NOW, limit=20)
        for seconds, event in enumerate(taken[:10], start=1):
            inbox.attach(
                tx, [event.id], "webhook-20260302T090000Z-1", now=event.received_at + SECOND
            )
            committed = event.received_at + seconds * SECOND
            inbox.close(tx, [event.id], now=NOW, committed_at=committed)
        inbox.close(tx, [taken[10].id], now=NOW, note=Note.NOT_SEEN)
    done(ledger, opened(ledger), created=1)
    found = scraped(registered(ledger))
    for name, value in {
        "pardot_odoo_inbox_events state=waiting": 1,
        "pardot_odoo_inbox_oldest_waiting_seconds": 70,
        "pardot_odoo_inbox_day_events source=salesforce system=pardot": 10,
        "pardot_odoo_inbox_day_events source=website system=pardot": 2,
        "pardot_odoo_inbox_last_event_timestamp_seconds source=website system=pardot": (
            NOW.timestamp() - 70
        ),
        "pardot_odoo_inbox_day_closed_events note=not_seen": 1,
        "pardot_odoo_inbox_day_unknown_type_events": 1,
        "pardot_odoo_speed_to_lead_seconds quantile=0.5 source=salesforce": 5,
        "pardot_odoo_speed_to_lead_seconds quantile=0.95 source=salesforce": 10,
        "pardot_odoo_speed_to_lead_seconds quantile=0.99 source=salesforce": 10,
        "pardot_odoo_occurrence_to_lead_seconds quantile=0.5 source=salesforce": 15,
        "pardot_odoo_occurrence_to_receipt_seconds quantile=0.5 source=website": 10,
        "pardot_odoo_receipt_to_batch_seconds quantile=0.99 source=salesforce": 1,
        "pardot_odoo_speed_to_lead_day_events source=salesforce": 10,
        "pardot_odoo_speed_to_lead_day_events source=website": 0,
        "pardot_odoo_batches state=done": 1,
    }.items():
        assert found[name] == value, name
    assert "pardot_odoo_speed_to_lead_seconds quantile=0.5 source=website" not in found


def test_a_scrape_holds_no_word_of_a_person_or_a_sender(ledger: Ledger) -> None:
    with ledger.write() as tx:
        inbox.store(tx, [pushed(1), pushed(2, kind="meeting_booked")])
    page = generate_latest(registered(ledger)).decode()
    assert [word for word in CANARIES if word in page] == []


def test_the_work_is_told_by_kind_reason_and_outcome(ledger: Ledger) -> None:
    before = scraped(registered(ledger))
    assert before["pardot_odoo_waiting_batches kind=interval"] == 0
    assert before["pardot_odoo_open_incidents severity=error"] == 0
    assert "pardot_odoo_quota_left_calls" not in before
    key = opened(ledger)
    day = NOW.date().isoformat()
    with ledger.write() as tx:
        incidents.report(tx, "odoo:down", now=NOW, detail={"severity": "error"})
        incidents.report(tx, "disk:full", now=NOW)
        counted = {(day, "odoo", "ok"): CallCount(3, 1.5, 10, 20)}
        call_counts.add(tx, counted, now=NOW)
        call_counts.add(tx, {**counted, (day, "odoo", "failed"): CallCount(1)}, now=NOW)
        call_counts.add(tx, {("2020-01-01", "odoo", "ok"): CallCount(9)}, now=NOW)
        tx.execute(
            sa.insert(quota),
            [
                {"system": "pardot", "lane": "", "spent": 5, "updated_at": NOW, **told}
                for told in (
                    {"day": "2020-01-01", "reported": 99, "reported_limit": 100},
                    {"day": day, "reported": 40, "reported_limit": 100},
                )
            ],
        )
    found = scraped(registered(ledger))
    kind = f"kind={str(key).partition('-')[0]}"
    assert found[f"pardot_odoo_waiting_batches {kind}"] == 1
    assert found[f"pardot_odoo_oldest_waiting_batch_seconds {kind}"] >= 0
    assert f"pardot_odoo_last_success_age_seconds {kind}" not in found
    assert found["pardot_odoo_open_incidents severity=error"] == 2
    assert found["pardot_odoo_today_calls outcome=ok system=odoo"] == 6
    assert found["pardot_odoo_today_call_seconds outcome=ok system=odoo"] == 3
    assert found["pardot_odoo_today_call_bytes outcome=ok system=odoo"] == 60
    assert found["pardot_odoo_today_calls outcome=failed system=odoo"] == 1
    assert found["pardot_odoo_quota_used_calls"] == 40
    assert found["pardot_odoo_quota_left_calls"] == 60
    done(ledger, key)
    found = scraped(registered(ledger))
    assert found[f"pardot_odoo_waiting_batches {kind}"] == 0
    assert found[f"pardot_odoo_last_success_age_seconds {kind}"] >= 0


def test_names_and_texts_follow_the_conventions_and_are_documented(ledger: Ledger) -> None:
    with ledger.write() as tx:
        inbox.store(tx, [pushed(1)])
    families = list(registered(ledger).collect())
    for family in families:
        assert re.fullmatch(r"pardot_odoo_[a-z_]+[a-z]", family.name)
        assert not family.name.endswith(("_total", "_count", "_sum", "_bucket"))
        assert family.type == "gauge"
        assert family.documentation[0].isupper(), family.name
        assert f"| `{family.name}` |" in PAGE, family.name
    assert len({family.name for family in families}) == len(families)


def test_a_look_serves_a_while_however_often_it_is_scraped(ledger: Ledger) -> None:
    kept, fresh = registered(ledger), registered(ledger, keep_seconds=0)
    name = "pardot_odoo_inbox_events state=waiting"
    asked: list[str] = []
    sa.event.listen(
        ledger.engine, "before_cursor_execute", lambda *call: asked.append(str(call[2]))
    )
    assert scraped(kept)[name] == scraped(fresh)[name] == 0
    with ledger.write() as tx:
        inbox.store(tx, [pushed(1)])
    asked.clear()
    assert scraped(kept)[name] == 0
    assert asked == []
    assert scraped(fresh)[name] == 1


def test_a_ledger_that_does_not_answer_is_told_and_hides_its_old_figures() -> None:
    nobody = f"postgresql+psycopg2://u:p@127.0.0.1:{free_port()}/nowhere"
    registry = registered(Ledger(sa.create_engine(nobody)))
    assert scraped(registry) == {"pardot_odoo_ledger_up": 0}
