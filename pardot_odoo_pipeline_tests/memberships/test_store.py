"""What the ledger keeps of lists and tags, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import links, list_tags, memberships
from pardot_odoo_pipeline.ledger.store.links import Link, LinkState
from pardot_odoo_pipeline.ledger.store.list_tags import LEAD, PARTNER, RecordTag, TagEdit
from pardot_odoo_pipeline.ledger.store.memberships import PardotList
from pardot_odoo_pipeline.merge.memberships import Membership
from pardot_odoo_pipeline_tests.ledger.conftest import address, ledger, postgres
from pardot_odoo_pipeline_tests.ledgers import NOW

__all__ = ["address", "ledger", "postgres"]

BY: dict[str, Any] = {"batch_key": "b", "now": NOW}


def on(prospect: str, list_id: int, minutes: int = 0, **changes: Any) -> Membership:
    values = {"membership_id": 1, "is_member": True, "opted_out": False, **changes}
    return Membership(prospect, list_id, version=NOW + timedelta(minutes=minutes), **values)


@pytest.fixture(autouse=True)
def _known(ledger: Ledger) -> None:
    with ledger.write() as connection:
        memberships.store_lists(
            connection,
            [
                PardotList(1, "News"),
                PardotList(2, "Fair"),
                PardotList(3, "Gone", is_deleted=True),
                PardotList(4, "Hidden", is_shown=False),
            ],
            **BY,
        )
        people = [
            Link("10", "10", lead_id=100, partner_id=1000),
            Link("11", "10"),
            Link("20", "20", lead_id=200),
            Link("30", "30", lead_id=300, partner_id=3000, state=LinkState.ARCHIVED),
            Link("40", "40"),
        ]
        links.upsert(connection, people, **BY)


def store(ledger: Ledger, *told: Membership) -> set[tuple[str, int]]:
    with ledger.write() as connection:
        return memberships.store_memberships(connection, told, **BY)


def test_an_older_reading_says_nothing(ledger: Ledger) -> None:
    assert store(ledger, on("10", 1, 5)) == set()
    assert store(ledger, on("10", 1, 4, is_member=False)) == {("10", 1)}
    assert store(ledger, on("10", 1, 5)) == set(), "the same again is not old"
    assert store(ledger, on("10", 1, 6, is_member=False)) == set()
    with ledger.read() as connection:
        [kept] = memberships.memberships_of(connection, ["10"]).values()
    assert not kept.is_member


def test_a_list_that_was_read_late_does_not_go_back(ledger: Ledger) -> None:
    with ledger.write() as connection:
        new = PardotList(2, "Fair 2027", version=NOW + timedelta(hours=1))
        memberships.store_lists(connection, [new], **BY)
        memberships.remember_tags(connection, 2, category_id=77)
        memberships.store_lists(connection, [PardotList(2, "Fair", version=NOW)], **BY)
        kept = memberships.all_lists(connection)[2]
    assert (kept.name, kept.category_id) == ("Fair 2027", 77)


def test_lists_of_people(ledger: Ledger) -> None:
    store(
        ledger,
        on("10", 1),
        on("10", 2, opted_out=True),
        on("10", 3),
        on("10", 4),
        on("11", 1, is_member=False),
    )
    with ledger.read() as connection:
        assert memberships.lists_of(connection, ["10", "11", "99"]) == {"10": {1, 4}}
        assert memberships.list_ids_by_name(connection) == {"News": 1, "Fair": 2, "Hidden": 4}


def test_what_is_due_and_what_is_surplus(ledger: Ledger) -> None:
    store(
        ledger,
        on("10", 1),
        on("11", 2),
        on("20", 2),
        on("30", 1),
        on("40", 1),
        on("99", 1),
        on("10", 3),
        on("10", 4),
    )
    due = [RecordTag(LEAD, 2, 200), RecordTag(PARTNER, 1, 1000), RecordTag(PARTNER, 2, 1000)]
    with ledger.read() as connection:
        assert list_tags.due(connection, 10) == due
        assert list_tags.due(connection, 2) == due[:2]
        assert list_tags.surplus(connection, 10) == []
        assert list_tags.wanted(connection, PARTNER, [1000, 3000]) == set(due[1:])
        assert list_tags.wanted(connection, LEAD, [100, 200]) == {due[0]}
    elsewhere = RecordTag(PARTNER, 1, 5555)
    hidden, of_lead = RecordTag(PARTNER, 3, 1000), RecordTag(LEAD, 3, 200)
    with ledger.write() as connection:
        list_tags.remember(connection, [*due, elsewhere, hidden, of_lead], **BY)
        list_tags.remember(connection, due, **BY)
    with ledger.read() as connection:
        assert list_tags.due(connection, 10) == []
        assert list_tags.surplus(connection, 10) == [of_lead, elsewhere]
        assert list_tags.applied(connection, PARTNER, [1000]) == {*due[1:], hidden}
    with ledger.write() as connection:
        list_tags.forget(connection, [due[1]])
        list_tags.forget_list(connection, PARTNER, 2)
        assert list_tags.due(connection, 10) == due[1:]


def test_edits_are_told_once_and_counted(ledger: Ledger) -> None:
    tag, other = RecordTag(PARTNER, 1, 1000), RecordTag(PARTNER, 2, 1000)
    put_back = TagEdit(tag, "10", "removed", "put_back", "pardot_decides")
    agreed = TagEdit(other, "10", "added", "agreed", "same_change")
    with ledger.write() as connection:
        list_tags.record_edits(connection, [put_back, agreed], **BY)
        list_tags.record_edits(connection, [put_back], **BY)
        [due] = list_tags.edits_to_note(connection, 10)
        assert (due.tag, due.edit) == (tag, "removed")
        list_tags.noted(connection, [due.id], now=NOW)
        assert list_tags.edits_to_note(connection, 10) == []
        list_tags.record_edits(connection, [put_back], batch_key="c", now=NOW)
        both = [tag, other]
        counts = list_tags.put_back_counts(connection, both, since=NOW)
        assert counts == {tag: 2}
        later = list_tags.put_back_counts(connection, both, since=NOW + timedelta(seconds=1))
    assert later == {}
