"""From waiting events to batches: who goes first, who is read once, and what is no work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from pardot_odoo_pipeline.batches import BatchKey, EventsScope
from pardot_odoo_pipeline.event_batches import HOT_PEOPLE, MOST_OPEN, open_event_batches
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import batches, inbox, takeover
from pardot_odoo_pipeline.ledger.store.batches import Batch
from pardot_odoo_pipeline.mapping.rules_file import default_rules
from pardot_odoo_pipeline.pushed_events import (
    HOT,
    EventState,
    EventType,
    Note,
    PushedEvent,
    System,
)
from pardot_odoo_pipeline_tests.ledgers import NOW

RULES = default_rules()
WORKER = "here:1:x"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger.sqlite") as made:
        yield made


def event(number: int, person: str | None = "1", **values: object) -> PushedEvent:
    made = PushedEvent(
        source="salesforce",
        event_id=f"event-{number}",
        system=System.PARDOT,
        type=EventType.PROSPECT_UPDATED,
        received_at=NOW + timedelta(milliseconds=number),
        prospect_id=person,
    )
    return replace(made, **values)  # type: ignore[arg-type]


def put(ledger: Ledger, *events: PushedEvent) -> int:
    with ledger.write() as connection:
        return inbox.store(connection, events)


def opened(ledger: Ledger, seconds: float = 1, **options: object) -> list[Batch]:
    now = NOW + timedelta(seconds=seconds)
    keys = open_event_batches(ledger, RULES, now, **options)  # type: ignore[arg-type]
    with ledger.read() as connection:
        return [batches.get(connection, key) for key in keys]


def inside(ledger: Ledger, key: BatchKey) -> list[str]:
    with ledger.read() as connection:
        return [one.event_id for one in inbox.of_batch(connection, str(key))]


def inside_ids(connection: sa.Connection, key: BatchKey) -> list[int]:
    """The events whose last batch it was."""
    query = sa.select(inbox.t.c.id).where(inbox.t.c.batch_key == str(key))
    return [row.id for row in connection.execute(query)]


def waiting(ledger: Ledger, seconds: float = 1) -> list[str]:
    with ledger.write() as connection:
        found = inbox.waiting(connection, now=NOW + timedelta(seconds=seconds), limit=1000)
        return [one.event_id for one in found]


def test_an_event_that_comes_twice_is_kept_once(ledger: Ledger) -> None:
    assert put(ledger, event(1), event(1, "2"), event(2)) == 2
    assert put(ledger, event(2), event(3)) == 1
    other = replace(event(3), source="website")
    assert put(ledger, other) == 1, "ids are the sender's own"


def test_the_events_of_a_person_are_one_reading(ledger: Ledger) -> None:
    put(ledger, *(event(number, str(number % 3)) for number in range(30)))
    [batch] = opened(ledger)
    assert batch.scope == EventsScope(("0", "1", "2"))
    assert len(inside(ledger, batch.key)) == 30
    assert waiting(ledger) == []
    assert opened(ledger) == [], "what is in a batch is in no other one"


def test_hot_events_have_a_batch_of_their_own_that_goes_first(ledger: Ledger) -> None:
    put(ledger, *(event(number, str(number)) for number in range(5)))
    put(ledger, event(9, "9", type=EventType.FORM_SUBMITTED, priority=HOT))
    hot, other = opened(ledger)
    assert (hot.priority, hot.scope) == (HOT, EventsScope(("9",)))
    assert other.priority == 0
    with ledger.read() as connection:
        assert [batch.key for batch in batches.due_for_run(connection)] == [hot.key, other.key]


def test_only_hot_ones_where_those_are_asked_for(ledger: Ledger) -> None:
    put(ledger, event(1), event(2, "2", priority=HOT))
    [batch] = opened(ledger, hot=True)
    assert inside(ledger, batch.key) == ["event-2"]
    assert waiting(ledger) == ["event-1"]


def test_a_batch_holds_so_many_people_and_the_others_wait(ledger: Ledger) -> None:
    most = RULES.webhooks.people_per_batch
    put(ledger, *(event(number, str(number)) for number in range(most + 7)))
    hot_people = range(1000, 1000 + HOT_PEOPLE + 3)
    put(ledger, *(event(5000 + n, str(n), priority=HOT) for n in hot_people))
    hot, other = opened(ledger, 9)
    assert len(inside(ledger, hot.key)) == HOT_PEOPLE
    assert len(inside(ledger, other.key)) == most
    assert len(waiting(ledger, 9)) == 10
    assert sum(len(inside(ledger, batch.key)) for batch in opened(ledger, 9)) == 10


def test_all_events_of_a_person_are_one_reading_wherever_they_wait(ledger: Ledger) -> None:
    crowd, times = 1500, 4
    put(ledger, *(event(n, str(n % crowd)) for n in range(crowd * times)))
    put(ledger, event(9000, "0", system=System.ODOO), event(9001, "1", type=EventType.TEST))
    most = RULES.webhooks.people_per_batch
    [batch] = opened(ledger, 10, at_most=most)
    assert isinstance(batch.scope, EventsScope)
    assert len(batch.scope.prospect_ids) == most
    names = [f"event-{n}" for n in range(crowd * times) if n % crowd < most]
    assert inside(ledger, batch.key) == names, "what Odoo pushed is Odoo's, and a test is no work"


def test_a_hot_batch_takes_what_else_its_people_did(ledger: Ledger) -> None:
    put(ledger, event(1), event(2, "2"), event(3, priority=HOT))
    hot, other = opened(ledger)
    assert inside(ledger, hot.key) == ["event-1", "event-3"]
    assert inside(ledger, other.key) == ["event-2"]


def test_each_system_has_its_kind_and_what_belongs_to_nobody_is_closed(ledger: Ledger) -> None:
    odoo = {"system": System.ODOO, "source": "odoo", "type": EventType.RECORD_CHANGED}
    put(ledger, event(1), event(2, None, lead_id=77, **odoo), event(3, "3", **odoo))
    put(ledger, event(4, None, type=EventType.TEST))
    pardot, deals = opened(ledger)
    assert (pardot.key.kind.value, deals.key.kind.value) == ("webhook", "odoo")
    assert inside(ledger, deals.key) == ["event-3"]
    assert waiting(ledger) == [], "neither the unknown lead nor the test waits"


def test_a_live_worker_is_left_some_time(ledger: Ledger) -> None:
    put(ledger, event(1))
    assert opened(ledger, 3, due_before=NOW - timedelta(seconds=2)) == []
    assert len(opened(ledger, 9, due_before=NOW + timedelta(seconds=4))) == 1


def test_who_takes_a_batch_is_the_only_one_until_its_process_ends(ledger: Ledger) -> None:
    put(ledger, event(1))
    [batch] = opened(ledger, take=WORKER)
    assert (batch.state.value, batch.attempt, batch.worker_id) == ("requested", 1, WORKER)
    with ledger.write() as connection:
        assert batches.due_for_run(connection) == []
        [held] = takeover.held(connection)
        [ended] = takeover.abandon(connection, held, now=NOW)
        assert ended.state.value == "abandoned"
        [free] = batches.due_for_run(connection)
    assert (free.key, free.faults) == (batch.key, 0)
    assert inside(ledger, batch.key) == ["event-1"], "the event stays where it is"


def fail_for_good(ledger: Ledger, key: BatchKey, now: datetime) -> None:
    with ledger.write() as connection:
        batches.request_run(connection, key, now=now)
        running = batches.start(connection, key, WORKER, now=now)
        takeover.fail(connection, running, now=now, outcome={"error": "x"}, hopeless=True)


def test_a_batch_that_fails_for_good_gives_its_events_back_a_few_times(ledger: Ledger) -> None:
    put(ledger, event(1))
    seconds, tries = 1.0, 0
    while found := opened(ledger, seconds):
        tries += 1
        assert tries < 30
        moment = NOW + timedelta(seconds=seconds)
        fail_for_good(ledger, found[0].key, moment)
        assert waiting(ledger, seconds) == [], "it rests first"
        seconds += 15 * 60
    assert tries == 12
    with ledger.read() as connection:
        row = connection.execute(inbox.t.select()).one()
    assert (row.state, row.note) == (EventState.CLOSED, "batch_failed")


def test_an_early_reading_is_no_reason_to_give_up_late(ledger: Ledger) -> None:
    put(ledger, event(1))
    for seconds, read in ((95, 10), (110, 95)):
        [batch] = opened(ledger, seconds)
        with ledger.write() as connection:
            [one] = inbox.of_batch(connection, str(batch.key))
            inbox.look_again(
                connection,
                one,
                read_at=NOW + timedelta(seconds=read),
                now=NOW + timedelta(seconds=seconds),
                note=Note.NOT_SEEN,
            )
        found = waiting(ledger, 200)
        assert found == (["event-1"] if read == 10 else []), f"read after {read} seconds"


def test_what_made_a_batch_fail_takes_nobody_elses_events_along_again(ledger: Ledger) -> None:
    put(ledger, *(event(number, str(number % 8)) for number in range(16)))
    [batch] = opened(ledger)
    later = 1 + 15 * 60
    fail_for_good(ledger, batch.key, NOW + timedelta(seconds=1))
    put(ledger, event(99, "3"))
    fresh, *alone = opened(ledger, later + 1)
    assert inside(ledger, fresh.key) == ["event-99"]
    assert len(alone) == 5, "a few at a time: it may have been the fault of none of them"
    assert all(len(one.scope.prospect_ids) == 1 for one in alone)  # type: ignore[union-attr]
    assert all(len(inside(ledger, one.key)) == 2 for one in alone)


def test_a_lane_that_waits_for_its_runs_is_not_made_longer(ledger: Ledger) -> None:
    opened_so_far = []
    for number in range(MOST_OPEN + 3):
        put(ledger, event(number, str(number)))
        opened_so_far += opened(ledger)
    assert len(opened_so_far) == MOST_OPEN
    assert len(waiting(ledger)) == 3
    put(ledger, event(77, "77", priority=HOT))
    [hot] = opened(ledger)
    assert hot.priority == HOT, "the other lane is free"
    assert len(opened(ledger, take=WORKER)) == 1, "who runs them itself waits for nobody"


def test_a_backlog_is_worked_off_by_few_batches_and_hot_ones_stay_small(ledger: Ledger) -> None:
    crowd = 8_000
    put(ledger, *(event(n, str(n)) for n in range(crowd)))
    put(ledger, *(event(50_000 + n, str(50_000 + n), priority=HOT) for n in range(120)))
    put(ledger, event(99_000, "99000", system=System.ODOO))
    sizes: dict[bool, list[int]] = {True: [], False: []}
    ticks = 0
    while found := opened(ledger, 60 + ticks):
        ticks += 1
        for batch in found:
            assert isinstance(batch.scope, EventsScope)
            sizes[batch.priority >= HOT].append(len(batch.scope.prospect_ids))
            with ledger.write() as connection:
                batches.request_run(connection, batch.key, now=NOW)
                running = batches.start(connection, batch.key, WORKER, now=NOW)
                done = inbox.of_batch(connection, str(batch.key))
                inbox.close(connection, [one.id for one in done], now=NOW)
                batches.finish(connection, running, now=NOW, outcome={"dispositions": {}})
    assert waiting(ledger, 90) == []
    assert sum(sizes[False]) == crowd + 1
    assert sum(sizes[True]) == 120
    assert max(sizes[True]) == HOT_PEOPLE
    assert sizes[False][0] == crowd // MOST_OPEN
    assert ticks < 15, f"200 a tick were {crowd // 200} ticks"


def test_no_backlog_makes_a_batch_larger_than_any_other(ledger: Ledger) -> None:
    put(ledger, *(event(n, str(n)) for n in range(1000)))
    small = RULES.model_copy(update={"batch_size": 230})
    keys = open_event_batches(ledger, small, NOW + timedelta(seconds=9))
    assert [len(inside(ledger, key)) for key in keys] == [230]


def test_of_a_large_batch_that_failed_a_tenth_goes_on_at_a_time(ledger: Ledger) -> None:
    put(ledger, *(event(n, str(n)) for n in range(100)))
    seconds, sizes = 1.0, []
    for _ in range(3):
        [first, *_] = opened(ledger, seconds, take=WORKER)
        sizes.append(len(inside(ledger, first.key)))
        fail_for_good(ledger, first.key, NOW + timedelta(seconds=seconds))
        with ledger.write() as connection:
            others = [e.id for e in inbox.waiting(connection, now=NOW + timedelta(1), limit=999)]
            mine = inside_ids(connection, first.key)
            inbox.close(connection, sorted({*others}.difference(mine)), now=NOW)
        seconds += 15 * 60 + 1
    assert sizes == [100, 10, 1]


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.booleans(), st.sampled_from(list(System))), max_size=60
    )
)
def test_every_event_is_in_exactly_one_batch(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, bool, System]]
) -> None:
    with open_ledger(tmp_path_factory.mktemp("ledger") / "ledger.sqlite") as ledger:
        put(
            ledger,
            *(
                event(n, str(person), priority=HOT if hot else 0, system=system)
                for n, (person, hot, system) in enumerate(drawn)
            ),
        )
        small = RULES.model_copy(
            update={"webhooks": RULES.webhooks.model_copy(update={"people_per_batch": 3})}
        )
        seen: list[str] = []
        while keys := open_event_batches(ledger, small, NOW + timedelta(seconds=1), take=WORKER):
            for key in keys:
                with ledger.read() as connection:
                    scope = batches.get(connection, key).scope
                assert isinstance(scope, EventsScope)
                assert 1 <= len(scope.prospect_ids) <= 3
                seen += inside(ledger, key)
        assert sorted(seen) == sorted(f"event-{n}" for n in range(len(drawn)))
