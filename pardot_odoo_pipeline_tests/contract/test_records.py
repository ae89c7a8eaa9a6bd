"""Making, changing, reading and deleting records."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooBadValue, OdooMissingError, OdooValidationError
from pardot_odoo_pipeline_tests.contract.support import (
    ALL,
    OdooUnderTest,
    lead,
    one,
    partner,
    unique,
)

STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def test_ids_come_in_the_order_of_the_values(client: OdooClient) -> None:
    names = [unique(str(n)) for n in range(5)]
    made = client.create("crm.lead", [{"name": n, "type": "lead"} for n in names])
    assert [row["name"] for row in client.read("crm.lead", made, ["name"])] == names
    backwards = list(reversed(made))
    assert [row["id"] for row in client.read("crm.lead", backwards, ["name"])] == backwards


def test_defaults_of_a_lead(odoo: OdooUnderTest) -> None:
    client = odoo.client
    made = client.create("crm.lead", [{"name": unique(), "type": "lead"}])[0]
    row = client.read("crm.lead", [made], [])[0]
    assert row["user_id"][0] == client.uid
    assert row["stage_id"] == [odoo.ref("crm.stage_lead1"), "New"]
    assert row["team_id"][0] == odoo.ref("sales_team.team_sales_department")
    assert row["active"] is True
    assert row["priority"] == "0"
    assert row["won_status"] == "pending"
    assert row["date_closed"] is False
    assert STAMP.fullmatch(row["date_open"])
    assert row["create_uid"][0] == row["write_uid"][0] == client.uid
    for name in ("partner_id", "email_from", "phone", "city", "description", "source_id"):
        assert row[name] is False
    assert row["tag_ids"] == []
    assert row["color"] == 0
    assert row["expected_revenue"] == 0.0


def test_nobody_is_assigned_when_that_is_said(client: OdooClient) -> None:
    made = lead(client, user_id=False)
    assert one(client, "crm.lead", made, "user_id", "date_open") == {
        "user_id": False,
        "date_open": False,
    }


def test_the_type_follows_the_users_groups_when_not_given(client: OdooClient) -> None:
    group = "crm.group_use_lead"
    shown = client.call("res.users", "has_group", ids=[client.uid], group_ext_id=group)
    made = client.create("crm.lead", [{"name": unique()}])[0]
    assert one(client, "crm.lead", made, "type") == ("lead" if shown else "opportunity")


def test_defaults_of_a_contact(client: OdooClient) -> None:
    made = client.create("res.partner", [{"name": "Ann"}])[0]
    fields = ["is_company", "type", "active", "lang", "commercial_partner_id", "complete_name"]
    assert one(client, "res.partner", made, *fields) == {
        "is_company": False,
        "type": "contact",
        "active": True,
        "lang": "en_US",
        "commercial_partner_id": [made, "Ann"],
        "complete_name": "Ann",
    }


def test_default_get(client: OdooClient) -> None:
    told = client.call("crm.lead", "default_get", fields=["type", "user_id", "active", "city"])
    assert told["active"] is True
    assert told["user_id"] == client.uid
    assert "city" not in told


def test_relations_are_read_with_their_names(odoo: OdooUnderTest) -> None:
    person = partner(odoo.client, name="Ann Bee")
    made = lead(odoo.client, partner_id=person, country_id=odoo.ref("base.de"))
    row = one(odoo.client, "crm.lead", made, "partner_id", "country_id")
    assert row == {
        "partner_id": [person, "Ann Bee"],
        "country_id": [odoo.ref("base.de"), "Germany"],
    }
    raw = odoo.client.call("crm.lead", "read", ids=[made], fields=["partner_id"], load=None)
    assert raw == [{"id": made, "partner_id": person}]


def test_a_contact_of_a_company_shows_its_name(client: OdooClient) -> None:
    company = partner(client, name="Acme", is_company=True)
    person = partner(client, name="Ann", parent_id=company)
    assert one(client, "res.partner", person, "display_name", "commercial_partner_id") == {
        "display_name": "Acme, Ann",
        "commercial_partner_id": [company, "Acme"],
    }
    loose = partner(client, name="Bob", company_name="Loose Ltd")
    assert one(client, "res.partner", loose, "display_name", "commercial_company_name") == {
        "display_name": "Loose Ltd, Bob",
        "commercial_company_name": "Loose Ltd",
    }


def test_reading_what_is_gone_gives_less_and_writing_to_it_fails(client: OdooClient) -> None:
    kept, gone = lead(client), lead(client)
    assert client.unlink("crm.lead", [gone]) is True
    assert [r["id"] for r in client.read("crm.lead", [gone, kept], ["name"])] == [kept]
    for act in (
        lambda: client.write("crm.lead", [kept, gone], {"city": "X"}),
        lambda: client.unlink("crm.lead", [gone, kept]),
    ):
        with pytest.raises(OdooMissingError):
            act()
    assert one(client, "crm.lead", kept, "city") is False


def test_one_bad_row_undoes_the_call(client: OdooClient) -> None:
    mark = unique()
    good = {"name": mark, "type": "lead"}
    for bad in ({**good, "type": "other"}, {**good, "partner_id": 999_999_999}, {"type": "lead"}):
        with pytest.raises((OdooBadValue, OdooValidationError)):
            client.create("crm.lead", [good, good, bad])
    assert client.search_count("crm.lead", [["name", "=", mark]], context=ALL) == 0


def test_every_write_moves_the_write_date(client: OdooClient) -> None:
    made = lead(client, city="Wien")
    before = _stamp(client, made)
    _next_second(before)
    client.write("crm.lead", [made], {"city": "Wien"})
    after = _stamp(client, made)
    assert after > before, "also the same values"
    assert one(client, "crm.lead", made, "create_date") <= before
    client.write("crm.lead", [made], {"write_date": "2020-01-01 00:00:00"})
    assert _stamp(client, made) >= after, "and it cannot be set"


def test_write_dates_compare_by_whole_seconds(client: OdooClient) -> None:
    made = lead(client)
    stamp = _stamp(client, made)
    mine = ["id", "=", made]
    later = str(datetime.fromisoformat(stamp) + timedelta(seconds=1))
    assert client.search("crm.lead", [mine, ["write_date", ">=", stamp]]) == [made]
    assert client.search("crm.lead", [mine, ["write_date", "<", later]]) == [made]
    assert client.search("crm.lead", [mine, ["write_date", "=", stamp]]) == [made]
    assert client.search("crm.lead", [mine, ["write_date", ">", stamp]]) == []
    assert client.search("crm.lead", [mine, ["write_date", "<=", stamp]]) == [made]
    assert client.search("crm.lead", [mine, ["write_date", "<", stamp]]) == []


def test_commands_on_many_to_many(client: OdooClient) -> None:
    a, b, c = client.create("crm.tag", [{"name": unique(n)} for n in "abc"])
    made = lead(client, tag_ids=[[6, 0, [a]]])

    def after(*commands: list[object]) -> set[int]:
        client.write("crm.lead", [made], {"tag_ids": list(commands)})
        return set(one(client, "crm.lead", made, "tag_ids"))

    assert after([4, b]) == {a, b}
    assert after([4, b, 0]) == {a, b}
    assert after([3, a]) == {b}
    assert after([3, a]) == {b}
    assert after([6, 0, [a, c]]) == {a, c}
    assert after([5]) == set()
    assert after([4, a], [4, b], [3, a]) == {b}
    name = unique("new")
    new = after([0, 0, {"name": name}]) - {b}
    assert client.search("crm.tag", [["name", "=", name]]) == list(new)
    assert after([1, b, {"color": 4}]) == {b, *new}
    assert one(client, "crm.tag", b, "color") == 4
    assert after([2, b]) == new
    assert client.search("crm.tag", [["id", "=", b]]) == []
    with pytest.raises(OdooValidationError):
        after([4, 999_999_999])


def test_children_are_made_with_their_parent(client: OdooClient) -> None:
    values = {"name": unique(), "is_company": True, "child_ids": [[0, 0, {"name": "Kid"}]]}
    made = client.create("res.partner", [values])[0]
    child = one(client, "res.partner", made, "child_ids")[0]
    assert one(client, "res.partner", child, "parent_id")[0] == made


def test_name_search_and_name_create(client: OdooClient) -> None:
    name = unique("Find Me")
    made = partner(client, name=name)
    assert client.call("res.partner", "name_search", name=name) == [[made, name]]
    assert client.call("res.partner", "name_search", name=name.lower()) == [[made, name]]
    assert client.call("res.partner", "name_search", name="no such name anywhere") == []
    tag = unique("tag")
    made_tag, shown = client.call("crm.tag", "name_create", name=tag)
    assert shown == tag
    assert client.search("crm.tag", [["name", "=", tag]]) == [made_tag]


def test_groups_are_counted(odoo: OdooUnderTest) -> None:
    client, mark = odoo.client, unique()
    at, de = odoo.ref("base.at"), odoo.ref("base.de")
    for country, revenue in ((at, 10), (at, 5), (de, 1), (False, 0)):
        lead(client, referred=mark, country_id=country, expected_revenue=revenue)
    domain = [["referred", "=", mark]]
    old = client.call(
        "crm.lead",
        "read_group",
        domain=domain,
        fields=["expected_revenue:sum"],
        groupby=["country_id"],
    )
    assert [(g["country_id"], g["country_id_count"], g["expected_revenue"]) for g in old] == [
        ([at, "Austria"], 2, 15.0),
        ([de, "Germany"], 1, 1.0),
        (False, 1, 0.0),
    ]
    assert old[0]["__domain"] == ["&", ["referred", "=", mark], ["country_id", "=", at]]
    new = client.call(
        "crm.lead",
        "formatted_read_group",
        domain=domain,
        groupby=["country_id"],
        aggregates=["__count", "expected_revenue:sum"],
    )
    assert [(g["country_id"], g["__count"], g["expected_revenue:sum"]) for g in new] == [
        ([at, "Austria"], 2, 15.0),
        ([de, "Germany"], 1, 1.0),
        (False, 1, 0.0),
    ]


def _stamp(client: OdooClient, lead_id: int) -> str:
    stamp = str(one(client, "crm.lead", lead_id, "write_date"))
    assert STAMP.fullmatch(stamp)
    return stamp


def _next_second(stamp: str) -> None:
    """Return when the clock shows a later second than the stamp."""
    while datetime.now(UTC).replace(microsecond=0).isoformat(" ")[:19] <= stamp:
        pass
