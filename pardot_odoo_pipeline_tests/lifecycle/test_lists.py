"""Stages that mean lists: joined once on entering, left on leaving, in Pardot itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pardot_odoo_pipeline.odoo.conversion import convert
from pardot_odoo_pipeline_tests.lifecycle.desk import Desk, Follower

MEMBERSHIPS = "/list-memberships"


class Lists:
    """Four lists of this test's own, and the rules that name them."""

    def __init__(self, desk: Desk) -> None:
        self.new, self.qualified, self.won, self.lost = (
            desk.pardot.new_list(f"{name} {id(desk)}") for name in ("New", "Qual", "Won", "Lost")
        )
        self.rules = f"""
stages:
  lists: {{New: {self.new}, Qualified: "Qual {id(desk)}"}}
  won_list: {self.won}
  lost_list: {self.lost}
"""


@pytest.fixture
def lists(desk: Desk) -> Lists:
    return Lists(desk)


def _deal(desk: Desk, lists: Lists, *, rules: str = "") -> Follower:
    return Follower(desk, desk.ports(lists.rules + rules), desk.pardot.prospect(), desk.odoo.lead())


def _orders(desk: Desk) -> int:
    return len(desk.pardot.asked("POST", MEMBERSHIPS)) + len(
        desk.pardot.asked("DELETE", MEMBERSHIPS)
    )


def test_the_list_follows_the_stage_to_the_end(desk: Desk, lists: Lists) -> None:
    person = _deal(desk, lists)
    on = lambda: desk.pardot.lists_of(person.prospect_id)  # noqa: E731 - asked again and again
    person.batch()
    assert on() == set(), "a lead is in no stage yet"

    convert(desk.odoo.sales, [person.lead_id])
    person.batch()
    assert on() == {lists.new}

    desk.odoo.admin.write("crm.lead", [person.lead_id], {"stage_id": desk.odoo.stage("Qualified")})
    person.batch()
    assert on() == {lists.qualified}

    before = _orders(desk)
    desk.odoo.admin.write("crm.lead", [person.lead_id], {"expected_revenue": 77})
    person.batch()
    assert _orders(desk) == before, "never sent twice"

    proposition = desk.odoo.stage("Proposition")
    desk.odoo.admin.write("crm.lead", [person.lead_id], {"stage_id": proposition})
    person.batch()
    assert on() == set(), "a stage without a list"

    desk.odoo.admin.write("crm.lead", [person.lead_id], {"stage_id": desk.odoo.stage("Qualified")})
    person.batch()
    assert on() == {lists.qualified}, "and back again"

    desk.odoo.admin.call("crm.lead", "action_set_won", ids=[person.lead_id])
    person.batch()
    assert on() == {lists.won}


def test_a_lost_deal_has_a_list_too_and_other_lists_are_left_alone(
    desk: Desk, lists: Lists
) -> None:
    person = _deal(desk, lists)
    other = desk.pardot.new_list("Somebody's own")
    desk.pardot.client.create(
        "list-memberships", {"listId": other, "prospectId": person.prospect_id}, ("id",)
    )
    person.batch()
    convert(desk.odoo.sales, [person.lead_id])
    person.batch()
    desk.odoo.admin.call("crm.lead", "action_set_lost", ids=[person.lead_id])
    person.batch()
    assert desk.pardot.lists_of(person.prospect_id) == {lists.lost, other}


def test_an_archived_deal_stays_where_it_is(desk: Desk, lists: Lists) -> None:
    person = _deal(desk, lists)
    person.batch()
    convert(desk.odoo.sales, [person.lead_id])
    person.batch()
    desk.odoo.admin.write("crm.lead", [person.lead_id], {"probability": 40})
    desk.odoo.admin.write("crm.lead", [person.lead_id], {"active": False})
    person.batch()
    assert desk.pardot.lists_of(person.prospect_id) == {lists.new}


def test_deals_of_before_start_no_program(desk: Desk, lists: Lists) -> None:
    old, joining, fresh = (
        _deal(desk, lists),
        _deal(desk, lists, rules="  existing_deals: join\n"),
        _deal(desk, lists),
    )
    for person in (old, joining, fresh):
        desk.odoo.admin.write("crm.lead", [person.lead_id], {"type": "opportunity"})
    now = datetime.now(UTC)
    old.batch(last_read=now + timedelta(hours=1))
    joining.batch()
    fresh.batch(last_read=now - timedelta(hours=1))
    assert desk.pardot.lists_of(old.prospect_id) == set()
    assert desk.pardot.lists_of(joining.prospect_id) == {lists.new}
    assert desk.pardot.lists_of(fresh.prospect_id) == {lists.new}


def test_what_fails_in_pardot_is_done_in_the_next_batch(desk: Desk, lists: Lists) -> None:
    person = _deal(desk, lists)
    person.batch()
    convert(desk.odoo.sales, [person.lead_id])
    lost = person.plan()
    assert lost.add_to_lists == (lists.new,)
    person.remember(lost.pairs)
    assert person.batch().add_to_lists == (lists.new,)
    assert desk.pardot.lists_of(person.prospect_id) == {lists.new}
