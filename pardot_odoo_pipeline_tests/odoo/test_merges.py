"""What is left of synchronised people when somebody merges or deletes them in Odoo."""

from __future__ import annotations

from typing import Any

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooAccessError, OdooUserError
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER
from pardot_odoo_pipeline_tests.contract.support import ALL, address, lead, one, partner
from pardot_odoo_pipeline_tests.odoo.people import Prospect, create
from pardot_odoo_pipeline_tests.odoo.provisioned import ProvisionedOdoo

WIZARD = "base.partner.merge.automatic.wizard"


@pytest.fixture
def two(provisioned: ProvisionedOdoo) -> list[tuple[Prospect, Any, Any]]:
    """Two people with lead and contact: the prospect, the lead's id, the contact's id."""
    made = create(provisioned.loader("apply"), 2)
    return [(who, told.lead.record_id, told.partner.record_id) for who, told in made]


def named(admin: OdooClient, *names: str) -> dict[str, int]:
    domain = [["module", "=", "pardot"], ["name", "in", list(names)]]
    rows = admin.search_read("ir.model.data", domain, ["name", "res_id"])
    return {row["name"]: row["res_id"] for row in rows}


def test_a_merge_of_leads_keeps_the_first_prospect(
    admin: OdooClient, two: list[tuple[Prospect, int, int]]
) -> None:
    (ada, first, _), (bob, second, _) = two
    admin.write(LEAD, [first], {"type": "opportunity", "x_pardot_score": 11})
    admin.write(LEAD, [second], {"type": "opportunity", "x_pardot_score": 99, "city": "Wien"})
    [kept] = admin.call(LEAD, "merge_opportunity", ids=[first, second])
    who, other = (ada, bob) if kept == first else (bob, ada)
    row = one(admin, LEAD, kept, "x_pardot_prospect_id", "x_pardot_score", "city")
    assert row["x_pardot_prospect_id"] == str(who.number)
    assert row["x_pardot_score"] == (11 if kept == first else 99), "our fields are not filled in"
    assert row["city"] == "Wien", "Odoo's own are"
    names = named(admin, f"lead_{ada.number}", f"lead_{bob.number}")
    assert names == {f"lead_{who.number}": kept}, f"lead_{other.number} is gone with its record"


def test_the_wizard_merges_what_was_chosen(
    admin: OdooClient, two: list[tuple[Prospect, int, int]]
) -> None:
    (_, first, _), (_, second, _) = two
    context = {"active_model": LEAD, "active_ids": [first, second]}
    wizard = admin.create("crm.merge.opportunity", [{}], context=context)
    told = admin.call("crm.merge.opportunity", "action_merge", ids=wizard, context=context)
    assert told["res_id"] in (first, second)
    assert admin.search(LEAD, [["id", "in", [first, second]]], context=ALL) == [told["res_id"]]


def test_a_merge_of_contacts_moves_leads_and_names(
    admin: OdooClient, two: list[tuple[Prospect, int, int]]
) -> None:
    (ada, lead_of_ada, contact_of_ada), (bob, lead_of_bob, contact_of_bob) = two
    chosen = [contact_of_ada, contact_of_bob]
    context = {"active_model": PARTNER, "active_ids": chosen}
    values = {"partner_ids": [[6, 0, chosen]], "dst_partner_id": contact_of_ada}
    wizard = admin.create(WIZARD, [values], context=context)
    admin.call(WIZARD, "action_merge", ids=wizard, context=context)
    assert admin.search(PARTNER, [["id", "in", chosen]], context=ALL) == [contact_of_ada]
    row = one(admin, PARTNER, contact_of_ada, "x_pardot_prospect_id", "email")
    assert row == {"x_pardot_prospect_id": str(ada.number), "email": ada.email}
    assert one(admin, LEAD, lead_of_bob, "partner_id")[0] == contact_of_ada
    assert one(admin, LEAD, lead_of_ada, "partner_id")[0] == contact_of_ada
    assert one(admin, LEAD, lead_of_bob, "x_pardot_prospect_id") == str(bob.number)
    names = named(admin, f"partner_{ada.number}", f"partner_{bob.number}")
    assert names[f"partner_{ada.number}"] == contact_of_ada
    assert names.get(f"partner_{bob.number}") in (None, contact_of_ada)


def test_a_plain_salesperson_merges_leads_but_no_contacts(
    provisioned: ProvisionedOdoo, admin: OdooClient
) -> None:
    sales = provisioned.sales.client()
    mail = address()
    leads = [lead(admin, email_from=mail, type="opportunity") for _ in range(2)]
    merged = sales.call(LEAD, "merge_opportunity", ids=leads)
    assert len(merged) == 1
    people = [partner(admin, email=mail) for _ in range(2)]
    with pytest.raises(OdooAccessError):
        sales.create(WIZARD, [{"partner_ids": [[6, 0, people]]}])
    with pytest.raises(OdooAccessError):
        sales.unlink(LEAD, merged)
    with pytest.raises(OdooAccessError):
        sales.unlink(PARTNER, people)


def test_contacts_of_different_addresses_are_not_merged_by_mistake(
    provisioned: ProvisionedOdoo, admin: OdooClient
) -> None:
    four = [partner(admin, email=address()) for _ in range(4)]
    context = {"active_model": PARTNER, "active_ids": four}
    wizard = admin.create(
        WIZARD, [{"partner_ids": [[6, 0, four]], "dst_partner_id": four[0]}], context=context
    )
    with pytest.raises(OdooUserError):
        admin.call(WIZARD, "action_merge", ids=wizard, context=context)
    assert sorted(admin.search(PARTNER, [["id", "in", four]])) == sorted(four)


def test_a_deleted_lead_leaves_its_contact(
    admin: OdooClient, two: list[tuple[Prospect, int, int]]
) -> None:
    who, lead_id, contact_id = two[0]
    admin.unlink(LEAD, [lead_id])
    assert admin.search(PARTNER, [["id", "=", contact_id]]) == [contact_id]
    names = named(admin, f"lead_{who.number}", f"partner_{who.number}")
    assert names == {f"partner_{who.number}": contact_id}


def test_an_archived_contact_stays_with_its_lead(
    admin: OdooClient, two: list[tuple[Prospect, int, int]]
) -> None:
    _, lead_id, contact_id = two[0]
    admin.call(PARTNER, "action_archive", ids=[contact_id])
    assert one(admin, PARTNER, contact_id, "active") is False
    row = one(admin, LEAD, lead_id, "active", "partner_id")
    assert (row["active"], row["partner_id"][0]) == (True, contact_id)
