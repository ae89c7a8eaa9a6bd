"""A field that holds several records: written as a whole, compared as a set, by either loader."""

from __future__ import annotations

from typing import Any

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.loader import (
    LEAD,
    PARTNER,
    PersonLoader,
    PersonWrite,
    RecordStatus,
    RecordWrite,
)
from pardot_odoo_pipeline_tests.contract.support import unique
from pardot_odoo_pipeline_tests.odoo.people import Prospect, apply, create

SEVERAL = 12
"""So many equal changes that the fallback writes them together."""


@pytest.fixture
def tags(admin: OdooClient) -> list[int]:
    return admin.create("crm.tag", [{"name": unique("Tag")} for _ in range(3)])


def tags_of(admin: OdooClient, lead_id: int | None) -> list[int]:
    [row] = admin.search_read(LEAD, [["id", "=", lead_id]], ["tag_ids"])
    return sorted(row["tag_ids"])


def test_it_is_given_to_a_new_record_and_needs_no_second_write(
    loader: PersonLoader, admin: OdooClient, tags: list[int]
) -> None:
    person = Prospect.new()
    wish = PersonWrite("1", person.partner(), person.lead(tag_ids=[tags[1], tags[0]]))
    [made] = apply(loader, wish)
    assert made.lead.status is RecordStatus.CREATED
    assert tags_of(admin, made.lead.record_id) == sorted(tags[:2])
    [again] = apply(loader, person.update(made, {"tag_ids": tags[:2]}))
    assert again.lead.status is RecordStatus.SAME


def test_it_is_replaced_where_it_is_as_expected_whatever_the_order(
    loader: PersonLoader, admin: OdooClient, tags: list[int]
) -> None:
    [(person, made)] = create(loader)
    apply(loader, person.update(made, {"tag_ids": tags[:2]}))
    backwards = {"tag_ids": [tags[1], tags[0]]}
    [result] = apply(loader, person.update(made, {"tag_ids": [tags[2]]}, backwards))
    assert result.lead.status is RecordStatus.WRITTEN
    assert tags_of(admin, made.lead.record_id) == [tags[2]]


def test_what_people_changed_meanwhile_is_left_and_told(
    loader: PersonLoader, admin: OdooClient, tags: list[int]
) -> None:
    [(person, made)] = create(loader)
    admin.write(LEAD, [made.lead.record_id], {"tag_ids": [[6, 0, [tags[2]]]]})
    wish = person.update(made, {"tag_ids": [tags[0]]}, {"tag_ids": False})
    [result] = apply(loader, wish)
    assert result.lead.status is RecordStatus.CONFLICT
    assert result.lead.values["tag_ids"] == [tags[2]]
    assert tags_of(admin, made.lead.record_id) == [tags[2]]


@pytest.mark.parametrize("nothing", [False, []])
@pytest.mark.parametrize("count", [1, SEVERAL])
def test_it_is_emptied(
    loader: PersonLoader, admin: OdooClient, tags: list[int], nothing: Any, count: int
) -> None:
    people = create(loader, count)
    apply(loader, *(p.update(made, {"tag_ids": tags}) for p, made in people))
    results = apply(
        loader, *(p.update(m, {"tag_ids": nothing}, {"tag_ids": tags}) for p, m in people)
    )
    assert {r.lead.status for r in results} == {RecordStatus.WRITTEN}
    for _, made in people:
        assert tags_of(admin, made.lead.record_id) == []


def test_an_archived_record_in_it_is_no_edit(loader: PersonLoader, admin: OdooClient) -> None:
    old, new = admin.create("res.partner.category", [{"name": unique("Tag")} for _ in range(2)])
    [(person, made)] = create(loader)
    admin.write(PARTNER, [made.partner.record_id], {"category_id": [[6, 0, [old]]]})
    admin.write("res.partner.category", [old], {"active": False})
    values, expected = {"category_id": [old, new]}, {"category_id": [old]}
    partner = RecordWrite(f"partner_{person.number}", made.partner.record_id, values, expected)
    [result] = apply(loader, PersonWrite("1", partner, None))
    assert result.partner.status is RecordStatus.WRITTEN
    [row] = admin.search_read(PARTNER, [["id", "=", made.partner.record_id]], ["category_id"])
    assert row["category_id"] == [new]


def test_what_is_no_list_of_ids_fails_alone(
    loader: PersonLoader, admin: OdooClient, tags: list[int]
) -> None:
    (bad, bad_made), (good, good_made) = create(loader, 2)
    results = apply(
        loader,
        bad.update(bad_made, {"tag_ids": [99_999_999]}),
        good.update(good_made, {"tag_ids": [tags[0]]}),
    )
    assert results[0].error
    assert results[1].lead.status is RecordStatus.WRITTEN
    assert tags_of(admin, good_made.lead.record_id) == [tags[0]]
