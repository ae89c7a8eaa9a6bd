"""What a lead takes from its contact, and what it pushes back."""

from __future__ import annotations

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooValidationError
from pardot_odoo_pipeline_tests.contract.support import OdooUnderTest, address, lead, one, partner


def test_a_lead_without_values_takes_them_from_its_contact(odoo: OdooUnderTest) -> None:
    client, mail = odoo.client, address()
    germany = odoo.ref("base.de")
    person = partner(
        client,
        name="Ann Bee",
        email=mail,
        phone="+49 30 901820",
        function="CTO",
        street="Hauptstr. 1",
        street2="Hof",
        city="Berlin",
        zip="10115",
        country_id=germany,
        website="https://a.example",
        company_name="Acme GmbH",
    )
    made = lead(client, partner_id=person)
    fields = ["contact_name", "email_from", "phone", "function", "street", "street2", "city"]
    fields += ["zip", "website", "partner_name"]
    row = one(client, "crm.lead", made, *fields, "country_id")
    assert row.pop("country_id")[0] == germany
    assert row == {
        "contact_name": "Ann Bee",
        "email_from": mail,
        "phone": "+49 30 901820",
        "function": "CTO",
        "street": "Hauptstr. 1",
        "street2": "Hof",
        "city": "Berlin",
        "zip": "10115",
        "website": "https://a.example",
        "partner_name": "Acme GmbH",
    }


def test_values_given_with_the_contact_stay(client: OdooClient) -> None:
    person = partner(client, name="Ann", email=address(), city="Berlin", zip="1", function="CTO")
    made = lead(client, partner_id=person, city="Wien", function="Director", contact_name="Other")
    assert one(client, "crm.lead", made, "city", "function", "contact_name", "zip") == {
        "city": "Wien",
        "function": "Director",
        "contact_name": "Other",
        "zip": False,
    }


def test_a_lead_of_a_company_takes_its_name(client: OdooClient) -> None:
    company = partner(client, name="Acme", is_company=True)
    made = lead(client, partner_id=company)
    assert one(client, "crm.lead", made, "partner_name", "contact_name") == {
        "partner_name": "Acme",
        "contact_name": False,
    }
    child = partner(client, name="Ann", parent_id=company)
    made = lead(client, partner_id=child)
    assert one(client, "crm.lead", made, "partner_name", "contact_name") == {
        "partner_name": "Acme",
        "contact_name": "Ann",
    }


def test_a_contact_does_not_name_a_lead(client: OdooClient) -> None:
    person = partner(client, name="Ann Bee")
    with pytest.raises(OdooValidationError, match="name is required"):
        client.create("crm.lead", [{"partner_id": person, "type": "lead"}])


def test_the_address_and_phone_of_a_lead_go_to_its_contact(client: OdooClient) -> None:
    person = partner(client, email=address(), phone="+4312345678", city="Berlin")
    made = lead(client, partner_id=person)
    new = address()
    client.write("crm.lead", [made], {"email_from": new, "phone": "+4311111111", "city": "Wien"})
    assert one(client, "res.partner", person, "email", "phone", "city") == {
        "email": new,
        "phone": "+4311111111",
        "city": "Berlin",
    }


def test_the_address_and_phone_of_a_contact_go_to_its_leads(client: OdooClient) -> None:
    person = partner(client, email=address(), phone="+4312345678", city="Berlin")
    first, second = lead(client, partner_id=person), lead(client, partner_id=person)
    new = address()
    client.write("res.partner", [person], {"email": new, "phone": "+4322222222", "city": "Graz"})
    for made in (first, second):
        assert one(client, "crm.lead", made, "email_from", "phone", "city") == {
            "email_from": new,
            "phone": "+4322222222",
            "city": "Berlin",
        }


def test_one_lead_overwrites_its_company_and_its_siblings(client: OdooClient) -> None:
    office = address()
    company = partner(client, name="Acme", is_company=True, email=office, phone="+4310000000")
    first, second = lead(client, partner_id=company), lead(client, partner_id=company)
    mine = address()
    client.write("crm.lead", [first], {"email_from": mine})
    assert one(client, "res.partner", company, "email") == mine
    assert one(client, "crm.lead", second, "email_from") == mine


def test_emptying_a_lead_does_not_empty_its_contact(client: OdooClient) -> None:
    mail = address()
    person = partner(client, email=mail, phone="+4312345678")
    made = lead(client, partner_id=person)
    client.write("crm.lead", [made], {"email_from": False, "phone": False})
    lead_now = one(client, "crm.lead", made, "email_from", "phone")
    person_now = one(client, "res.partner", person, "email", "phone")
    assert lead_now == {"email_from": False, "phone": False}
    assert person_now == {"email": mail, "phone": "+4312345678"}


def test_linking_a_contact_replaces_the_leads_own_address(client: OdooClient) -> None:
    own, theirs = address(), address()
    values = {
        "email_from": own,
        "phone": "+4319999999",
        "contact_name": "Me",
        "function": "Director",
    }
    values |= {"website": "http://own.example", "street": "Ring 1", "city": "Wien"}
    made = lead(client, **values)
    person = partner(client, name="Ann", email=theirs, phone="+4312345678", city="Berlin")
    client.write("crm.lead", [made], {"partner_id": person})
    assert one(client, "crm.lead", made, *values) == {
        "email_from": theirs,
        "phone": "+4312345678",
        "contact_name": "Ann",
        "function": "Director",
        "website": "http://own.example",
        "street": False,
        "city": "Berlin",
    }
    assert one(client, "res.partner", person, "email") == theirs


def test_linking_an_empty_contact_keeps_the_leads_own(client: OdooClient) -> None:
    own = address()
    made = lead(client, email_from=own, phone="+4319999999", city="Wien")
    person = partner(client, name="Ann")
    client.write("crm.lead", [made], {"partner_id": person})
    assert one(client, "crm.lead", made, "email_from", "phone", "city") == {
        "email_from": own,
        "phone": "+4319999999",
        "city": "Wien",
    }
    assert one(client, "res.partner", person, "email", "phone") == {"email": False, "phone": False}


def test_the_same_values_given_to_both_stay(client: OdooClient) -> None:
    mail = address()
    person = partner(client, name="Ann", email=mail, phone="+4312345678", city="Wien")
    made = lead(
        client, partner_id=person, email_from=mail, phone="+4312345678", city="Wien", zip="1010"
    )
    assert one(client, "crm.lead", made, "email_from", "phone", "city", "zip") == {
        "email_from": mail,
        "phone": "+4312345678",
        "city": "Wien",
        "zip": "1010",
    }
    assert one(client, "res.partner", person, "email", "city", "zip") == {
        "email": mail,
        "city": "Wien",
        "zip": False,
    }
