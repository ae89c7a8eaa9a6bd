"""Activities are remembered and counted once, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import activities, activity_numbers, activity_visitors, links
from pardot_odoo_pipeline.ledger.store.activities import ActivityRow, EntryRow
from pardot_odoo_pipeline.ledger.store.links import Link, LinkState
from pardot_odoo_pipeline_tests.ledgers import NOW

UNKNOWN_FOR = timedelta(seconds=180)
TODAY = date(2026, 6, 1)


def row(
    number: int, state: str = activities.WAITING, who: str = "1", **more: object
) -> ActivityRow:
    made = ActivityRow(str(number), who, "email_open", NOW, TODAY.isoformat(), "opens", state)
    return replace(made, **more)  # type: ignore[arg-type]


def remember(ledger: Ledger, *rows: ActivityRow) -> None:
    with ledger.write() as connection:
        activities.remember(connection, rows, batch_key="b", now=NOW)


def linked(ledger: Ledger, *people: Link) -> None:
    with ledger.write() as connection:
        links.upsert(connection, people, batch_key="b", now=NOW)


def counted(ledger: Ledger, who: str = "1") -> list[tuple[str, str, int]]:
    with ledger.read() as connection:
        return sorted(activity_numbers.days_of(connection, [who]).get(who, []))


def test_an_activity_is_counted_when_it_is_first_stored(ledger: Ledger) -> None:
    remember(ledger, row(1), row(2), row(3, counter=None))
    remember(ledger, row(1, "shown"), row(2, activities.WRITING), row(4, "shown"))
    assert counted(ledger) == [(TODAY.isoformat(), "opens", 3)]


def test_what_is_settled_stays(ledger: Ledger) -> None:
    remember(ledger, row(1, "shown", entry="1", lead_id=5))
    remember(ledger, row(1))
    with ledger.read() as connection:
        found = activities.remembered(connection, ["1", "2"])
    assert {key: (one.state, one.lead_id) for key, one in found.items()} == {"1": ("shown", 5)}


def test_who_waits_is_due_with_a_lead_and_not_again_with_the_same(ledger: Ledger) -> None:
    linked(ledger, Link("1", lead_id=11), Link("2", leader_prospect_id="1"), Link("3"))
    linked(ledger, Link("4", lead_id=14, state=LinkState.ARCHIVED))
    remember(ledger, *(row(n, who=str(n)) for n in (1, 2, 3, 4, 5)))
    remember(ledger, row(6, lead_id=11), row(7, lead_id=10))

    def due(after: timedelta = timedelta()) -> dict[str, str]:
        with ledger.read() as connection:
            return activities.due(connection, now=NOW + after, unknown_for=UNKNOWN_FOR, limit=100)

    assert due() == {"1": "1", "2": "2", "7": "1"}
    remember(ledger, row(1, activities.WRITING))
    assert "1" not in due(), "the server may still be at it"
    assert due(UNKNOWN_FOR)["1"] == "1"
    with ledger.write() as connection:
        activities.forget(connection, ["1", "2", "7"])
    assert due(UNKNOWN_FOR) == {}


def test_an_entry_that_was_announced_keeps_its_id(ledger: Ledger) -> None:
    first = EntryRow("1", "group", "1", "email_open", 11, {"count": 1})
    with ledger.write() as connection:
        activities.announce(connection, [first], batch_key="b", now=NOW)
        activities.announce(
            connection, [replace(first, id="2"), replace(first, content={})], batch_key="b", now=NOW
        )
        assert activities.by_group_keys(connection, ["group", "other"]) == {"group": first}
        grown = replace(first, content={"count": 2}, mail_message_id=7)
        activities.settle(connection, [grown], ["1"], batch_key="b", now=NOW)
        assert activities.by_group_keys(connection, ["group"]) == {"group": grown}


def test_numbers_are_due_until_they_are_told(ledger: Ledger) -> None:
    linked(ledger, Link("1", lead_id=11), Link("2", leader_prospect_id="1"), Link("3"))
    remember(ledger, row(1, who="2"), row(2, who="3"))
    with ledger.write() as connection:
        assert activity_numbers.due(connection, 10) == ["1"]
        activity_numbers.written(connection, {"1": {"a": 1}}, ["1", "2"], now=NOW)
        assert activity_numbers.due(connection, 10) == []
        assert activity_numbers.written_of(connection, ["1", "2"]) == {"1": {"a": 1}}


def test_the_turn_of_a_day_touches_whom_it_concerns_and_sums_up(ledger: Ledger) -> None:
    linked(ledger, *(Link(who, lead_id=int(who)) for who in ("1", "2", "3")))
    days = {"1": 0, "2": 30, "3": 61}
    for number, (who, age) in enumerate(days.items()):
        day = (TODAY - timedelta(days=age)).isoformat()
        remember(ledger, row(number, who=who, day=day))
    with ledger.write() as connection:
        activity_numbers.written(connection, {}, list(days), now=NOW)
        activity_numbers.turn_days(connection, last=TODAY - timedelta(days=1), today=TODAY)
        assert activity_numbers.due(connection, 10) == ["2"]
        activity_numbers.turn_days(connection, last=TODAY, today=TODAY)
    assert counted(ledger, "3") == [("", "opens", 1)]
    remember(ledger, row(9, who="3", day=(TODAY - timedelta(days=70)).isoformat()))
    with ledger.write() as connection:
        activity_numbers.turn_days(connection, last=TODAY - timedelta(days=1), today=TODAY)
    assert counted(ledger, "3") == [("", "opens", 2)]


def test_a_version_moves_only_from_where_it_was(ledger: Ledger) -> None:
    later, latest = NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)
    linked(ledger, Link("1", lead_id=11, lead_version=NOW, partner_version=later))
    moves = [
        activity_numbers.VersionMove("1", "lead", NOW, latest),
        activity_numbers.VersionMove("1", "partner", NOW, latest),
    ]
    with ledger.write() as connection:
        activity_numbers.move_versions(connection, moves)
        link = links.by_prospects(connection, ["1"])["1"]
    assert (link.lead_version, link.partner_version) == (latest, later)


def test_a_visitor_is_looked_up_once(ledger: Ledger) -> None:
    with ledger.write() as connection:
        activity_visitors.note(connection, {"7": "1"}, look_up=False, now=NOW)
        activity_visitors.note(connection, {"7": "1", "8": "2"}, look_up=True, now=NOW)
        assert activity_visitors.open_visitors(connection, 10) == {"8": "2"}
        activity_visitors.settle(connection, ["8"])
        activity_visitors.note(connection, {"8": "2"}, look_up=True, now=NOW)
        assert activity_visitors.open_visitors(connection, 10) == {}
