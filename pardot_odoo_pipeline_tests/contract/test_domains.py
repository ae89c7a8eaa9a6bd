"""What the operators of a domain find, on a handful of records of the test's own."""

from __future__ import annotations

from typing import Any

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooBadValue
from pardot_odoo_pipeline_tests.contract.support import (
    ALL,
    OdooUnderTest,
    lead,
    partner,
    unique,
)


@pytest.fixture(scope="module")
def mark() -> str:
    """A word in the reference of every lead of this module."""
    return unique("domain")


@pytest.fixture(scope="module")
def leads(odoo: OdooUnderTest, mark: str) -> dict[str, int]:
    """Five leads, one archived."""
    client = odoo.client
    person = partner(client, name=f"Zoë {mark}", email=f"zoe.{mark[-10:]}@example.com")
    tag_a, tag_b = client.create("crm.tag", [{"name": unique("a")}, {"name": unique("b")}])
    austria = odoo.ref("base.at")
    common = {"referred": mark}
    return {
        "a": lead(client, name="Alpha", city="Wien", color=3, tag_ids=[[6, 0, [tag_a]]], **common),
        "b": lead(client, name="beta", city="wien", color=5, country_id=austria, **common),
        "c": lead(client, name="Gamma_x", city="Graz", tag_ids=[[6, 0, [tag_a, tag_b]]], **common),
        "d": lead(
            client, name="100% delta", partner_id=person, date_deadline="2026-03-01", **common
        ),
        "e": lead(client, name="Epsilon", city="Linz", active=False, **common),
        "tag_a": tag_a,
        "tag_b": tag_b,
        "person": person,
    }


CASES: list[tuple[list[Any], str]] = [
    ([["city", "=", "Wien"]], "a"),
    ([["city", "!=", "Wien"]], "bcd"),
    ([["city", "=", False]], "d"),
    ([["city", "!=", False]], "abc"),
    ([["city", "in", ["Wien", "Graz"]]], "ac"),
    ([["city", "in", ["Wien", False]]], "ad"),
    ([["city", "not in", ["Wien"]]], "bcd"),
    ([["city", "not in", ["Wien", False]]], "bc"),
    ([["city", "in", []]], ""),
    ([["city", "not in", []]], "abcd"),
    ([["city", "like", "ien"]], "ab"),
    ([["city", "like", "Wie"]], "a"),
    ([["city", "ilike", "WIE"]], "ab"),
    ([["city", "not ilike", "wie"]], "cd"),
    ([["city", "not like", "Wie"]], "bcd"),
    ([["city", "=ilike", "WIEN"]], "ab"),
    ([["city", "=like", "W%"]], "a"),
    ([["city", "=like", "Wie_"]], "a"),
    ([["city", "=ilike", "%n"]], "ab"),
    ([["name", "like", "%"]], "abcd"),
    ([["name", "ilike", "a_x"]], "c"),
    ([["name", "=", "100% delta"]], "d"),
    ([["color", ">", 3]], "b"),
    ([["color", ">=", 3]], "ab"),
    ([["color", "<", 3]], "cd"),
    ([["color", "<=", 3]], "acd"),
    ([["color", "=", 0]], "cd"),
    ([["date_deadline", "=", "2026-03-01"]], "d"),
    ([["date_deadline", "<", "2026-03-02"]], "d"),
    ([["date_deadline", "=", False]], "abc"),
    ([["country_id", "!=", False]], "b"),
    ([["country_id", "=", "Austria"]], "b"),
    ([["country_id", "ilike", "austr"]], "b"),
    ([["country_id.code", "=", "AT"]], "b"),
    ([["country_id.code", "!=", "AT"]], ""),
    ([["partner_id.name", "like", "Zoë"]], "d"),
    ([["partner_id.country_id.code", "=", False]], ""),
    ([["tag_ids", "!=", False]], "ac"),
    ([["tag_ids", "=", False]], "bd"),
    ([["active", "=", True]], "abcd"),
    ([["active", "=", False]], "e"),
    ([["active", "in", [True, False]]], "abcde"),
    (["|", ["city", "=", "Wien"], ["city", "=", "Graz"]], "ac"),
    (["&", ["city", "ilike", "wien"], ["color", "=", 5]], "b"),
    (["!", ["city", "=", "Wien"]], "bcd"),
    (["!", "|", ["city", "=", "Wien"], ["city", "=", "Graz"]], "bd"),
    (["|", "|", ["name", "=", "Alpha"], ["name", "=", "beta"], ["color", "=", 0]], "abcd"),
    ([[1, "=", 1]], "abcd"),
    ([[0, "=", 1]], ""),
]


@pytest.mark.parametrize(("domain", "expected"), CASES, ids=lambda value: str(value))
def test_a_domain_finds(
    client: OdooClient, leads: dict[str, int], mark: str, domain: list[Any], expected: str
) -> None:
    found = set(client.search("crm.lead", [["referred", "=", mark], *domain]))
    assert "".join(sorted(n for n in "abcde" if leads[n] in found)) == expected
    assert client.search_count("crm.lead", [["referred", "=", mark], *domain]) == len(found)


def test_archived_records_need_the_context(
    client: OdooClient, leads: dict[str, int], mark: str
) -> None:
    domain = [["referred", "=", mark]]
    assert leads["e"] not in client.search("crm.lead", domain)
    assert leads["e"] in client.search("crm.lead", domain, context=ALL)
    assert client.search_count("crm.lead", domain, context=ALL) == 5
    assert [r["id"] for r in client.read("crm.lead", [leads["e"]], ["name"])] == [leads["e"]]


def test_relations_are_found_by_id_and_by_several(
    client: OdooClient, leads: dict[str, int]
) -> None:
    def names(*domain: Any) -> str:
        found = set(client.search("crm.lead", list(domain)))
        return "".join(n for n in "abcde" if leads[n] in found)

    assert names(["tag_ids", "in", [leads["tag_a"]]]) == "ac"
    assert names(["tag_ids", "in", [leads["tag_b"]]]) == "c"
    assert names(["tag_ids", "=", leads["tag_b"]]) == "c"
    mine = ["id", "in", [leads[n] for n in "abcd"]]
    assert names(mine, ["tag_ids", "not in", [leads["tag_b"]]]) == "abd"
    assert names(["partner_id", "=", leads["person"]]) == "d"
    assert names(["partner_id", "in", [leads["person"], 999_999_999]]) == "d"


def test_children_are_found_with_their_parents(client: OdooClient) -> None:
    company = partner(client, is_company=True)
    child = partner(client, parent_id=company)
    assert set(client.search("res.partner", [["id", "child_of", company]])) == {company, child}
    assert set(client.search("res.partner", [["id", "parent_of", child]])) == {company, child}


def test_order_limit_and_offset(client: OdooClient, leads: dict[str, int], mark: str) -> None:
    domain = [["referred", "=", mark]]

    def ordered(order: str, **page: int) -> str:
        rows = client.search("crm.lead", domain, order=order, **page)
        return "".join(next(n for n in "abcde" if leads[n] == r) for r in rows)

    assert ordered("id") == "abcd"
    assert ordered("id desc") == "dcba"
    assert ordered("color desc, id desc") == "badc"
    assert ordered("id", limit=2) == "ab"
    assert ordered("id", limit=2, offset=1) == "bc"
    assert ordered("id", offset=3) == "d"
    assert ordered("date_deadline, id") == "dabc", "empty ones come last"
    assert ordered("date_deadline desc, id") == "abcd", "and first when descending"
    assert client.search_count("crm.lead", domain) == 4
    rows = client.search_read("crm.lead", domain, ["id"], order="id", limit=1, offset=1)
    assert rows == [{"id": leads["b"]}]


def test_a_domain_that_is_wrong_is_a_bad_value(client: OdooClient) -> None:
    for condition in (["nofield", "=", 1], ["name", "~~", "x"], ["partner_id.nofield", "=", 1]):
        with pytest.raises(OdooBadValue) as caught:
            client.search("crm.lead", [condition])
        assert caught.value.code == "builtins.ValueError"
    with pytest.raises(OdooBadValue):
        client.search("crm.lead", [], order="nofield")
